//! Packages whose modules are compiled with a file: cargo builds anew when the file changes, and without the feature there is one error.

use tasker_tests::package::{Package, Said};

const MODULE: &str = r#"
#[tasker::workflow(yaml = "config/order.yaml", context = ())]
pub mod order {
    use tasker::{Output, StepError};

    #[step]
    pub async fn price() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step]
    pub async fn charge(price: Output<price>) -> Result<u64, StepError> {
        Ok(*price)
    }
}

fn main() {}
"#;

const FILE: &str = "
name: order
step_templates:
  - name: price
    handler_class: A
  - name: charge
    handler_class: A
    depends_on_step: price
";

fn package(name: &str, features: &str) -> Package {
    let tasker = format!("tasker = {{ path = \"{{tree}}/tasker\", default-features = false{features} }}\n");
    let package = Package::new(name, &tasker).unwrap();
    package.write("src/main.rs", MODULE).unwrap();
    package.write("config/order.yaml", FILE).unwrap();
    package
}

fn check(package: &Package) -> Said {
    package.cargo("check").output().unwrap().into()
}

#[test]
fn a_change_of_the_file_is_seen_by_the_next_build() {
    let package = package("module_of_a_file", ", features = [\"yaml\"]");
    let said = check(&package);
    assert!(said.success && !said.text.contains("warning"), "{}", said.text);
    let said = check(&package);
    assert!(!said.text.contains("Checking module_of_a_file"), "nothing changed: {}", said.text);

    package.write("config/order.yaml", &FILE.replace("    depends_on_step: price\n", "")).unwrap();
    let said = check(&package);
    assert!(!said.success, "it no longer waits for what it reads: {}", said.text);
    let told = "the step `charge` reads the result of `price` but does not depend on it";
    assert!(said.text.contains(told) && said.text.contains("config/order.yaml:6"), "{}", said.text);
    assert!(said.text.contains("due to 1 previous error"), "{}", said.text);

    package.write("config/order.yaml", FILE).unwrap();
    let said = check(&package);
    assert!(said.success, "{}", said.text);
}

#[test]
fn without_the_feature_the_option_says_what_to_write() {
    let package = package("module_of_no_file", "");
    let said = check(&package);
    assert!(!said.success);
    let told = "help: add it in `Cargo.toml`: `tasker = { .., features = [\"yaml\"] }`";
    assert!(said.text.contains("the option `yaml` needs the feature `yaml` of `tasker`"), "{}", said.text);
    assert!(said.text.contains(told) && said.text.contains("due to 1 previous error"), "{}", said.text);
}
