//! Every page of the project is reachable, and so is what it links to.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn chapters() -> Vec<PathBuf> {
    let folder = fs::read_dir(root().join("book/src")).expect("the chapters");
    let pages = folder.map(|entry| entry.expect("a file").path());
    pages.filter(|path| path.extension().is_some_and(|extension| extension == "md")).collect()
}

/// The targets of `[text](target)` outside of code blocks.
fn links(page: &str) -> Vec<&str> {
    let mut in_code = false;
    let text = page.lines().filter(|line| {
        let fence = line.trim_start().starts_with("```");
        in_code ^= fence;
        !in_code && !fence
    });
    text.flat_map(|line| line.split("](").skip(1).filter_map(|rest| rest.split_once(')')))
        .map(|(link, _)| link)
        .collect()
}

#[test]
fn every_link_leads_to_a_file() {
    let mut pages = chapters();
    pages.extend(["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(|page| root().join(page)));
    let mut broken = Vec::new();
    for page in pages {
        let text = read(&page);
        for link in links(&text) {
            let file = link.split('#').next().unwrap_or_default();
            let outside = link.contains("://");
            if !outside && !file.is_empty() && !page.with_file_name(file).exists() {
                broken.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "links that lead nowhere:\n{}", broken.join("\n"));
}

#[test]
fn every_chapter_is_in_the_summary_and_its_listings_are_compiled() {
    let summary = read(&root().join("book/src/SUMMARY.md"));
    let listings = read(&root().join("book/listings.rs"));
    for chapter in chapters() {
        let name = chapter.file_name().and_then(|name| name.to_str()).expect("a name in UTF-8");
        if name != "SUMMARY.md" {
            assert!(summary.contains(&format!("({name})")), "add {name} to book/src/SUMMARY.md");
            assert!(listings.contains(&format!("\"src/{name}\"")), "add {name} to book/listings.rs");
        }
    }
}
