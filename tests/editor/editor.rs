//! An editor with the package open: it knows what is on the screen, types, and asks.

use std::collections::BTreeSet;
use std::fmt::{self, Display, Formatter};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::client::{Answer, Client};
use crate::shop::{SOURCES, Shop};

/// For one answer. The first two take seconds: what is needed has to be built, and read. The others take hundredths.
const PATIENCE: Duration = Duration::from_secs(100);

pub(crate) struct Editor {
    client: Client,
    files: Vec<File>,
    version: u64,
}

struct File {
    path: &'static str,
    uri: String,
    text: String,
}

/// A place in a file, counted from 0 as the protocol does, and shown from 1 as editors do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// The path in the package; of a file elsewhere the whole URI.
    pub(crate) file: String,
    pub(crate) line: u64,
    pub(crate) column: u64,
}

/// Something red or yellow.
#[derive(Debug)]
pub(crate) struct Diagnostic {
    pub(crate) place: Place,
    pub(crate) code: String,
    pub(crate) message: String,
}

impl Editor {
    pub(crate) fn open(library: &Path) -> Answer<Self> {
        let shop =
            Shop::write(library).map_err(|error| format!("the package could not be written: {error}"))?;
        let mut command = Command::new("rust-analyzer");
        command
            .current_dir(&shop.root)
            .env("CARGO_TARGET_DIR", &shop.target)
            .env("CARGO_NET_OFFLINE", "true");
        let client = Client::start(&mut command, PATIENCE)?;
        let root = format!("file://{}", shop.root.display());
        let file = |(path, text): (&'static str, &str)| File {
            path,
            uri: format!("{root}/{path}"),
            text: text.to_owned(),
        };
        let mut editor = Self { client, files: SOURCES.map(file).into(), version: 1 };
        editor.client.request("initialize", &initialization(&root, &shop.library))?;
        editor.client.notify("initialized", &json!({}))?;
        for file in &editor.files {
            let document = json!({ "uri": file.uri, "languageId": "rust", "version": 1, "text": file.text });
            editor.client.notify("textDocument/didOpen", &json!({ "textDocument": document }))?;
        }
        editor.client.wait_until_loaded()?;
        Ok(editor)
    }

    /// The place of the `|` in a text that is there exactly once.
    pub(crate) fn at(&self, marked: &str) -> Answer<Place> {
        let text = marked.replacen('|', "", 1);
        let cursor = marked.find('|').ok_or_else(|| format!("`{marked}` marks no place"))?;
        let mut places = self.places(&text);
        match (places.pop_first(), places.is_empty()) {
            (Some(place), true) => Ok(Place { column: place.column + cursor as u64, ..place }),
            _ => Err(format!("`{text}` is not there exactly once")),
        }
    }

    /// Where a text is.
    pub(crate) fn places(&self, text: &str) -> BTreeSet<Place> {
        let places = self.files.iter().flat_map(|file| {
            file.text.match_indices(text).map(|(at, _)| {
                let before = &file.text[..at];
                let start_of_line = before.rfind('\n').map_or(0, |newline| newline + 1);
                Place {
                    file: file.path.to_owned(),
                    line: before.matches('\n').count() as u64,
                    column: (at - start_of_line) as u64,
                }
            })
        });
        places.collect()
    }

    /// Types over a text that is there once, asks, and takes it back. The question is given the place of the `|` in what was typed.
    pub(crate) fn typing<T>(
        &mut self,
        over: &str,
        typed: &str,
        ask: impl FnOnce(&mut Self, &Place) -> Answer<T>,
    ) -> Answer<T> {
        let start = self.at(&format!("|{over}"))?;
        let file = self.file(&start.file)?;
        let before = self.files[file].text.clone();
        self.show(file, before.replacen(over, &typed.replacen('|', "", 1), 1))?;
        let left = &typed[..typed.find('|').unwrap_or(0)];
        let cursor = match left.rsplit_once('\n') {
            Some((lines, last)) => Place {
                line: start.line + 1 + lines.matches('\n').count() as u64,
                column: last.len() as u64,
                ..start
            },
            None => Place { column: start.column + left.len() as u64, ..start },
        };
        let answer = ask(self, &cursor).map_err(|error| format!("with `{typed}` typed: {error}"));
        self.show(file, before)?;
        answer
    }

    /// Where "go to definition" goes, each place once.
    pub(crate) fn definition(&mut self, place: &Place) -> Answer<BTreeSet<Place>> {
        let answer = self.ask("textDocument/definition", place, &json!({}))?;
        self.locations(&answer)
    }

    /// What "find all references" finds, the definition included.
    pub(crate) fn references(&mut self, place: &Place) -> Answer<BTreeSet<Place>> {
        let more = json!({ "context": { "includeDeclaration": true } });
        let answer = self.ask("textDocument/references", place, &more)?;
        self.locations(&answer)
    }

    /// The places that a rename changes.
    pub(crate) fn rename(&mut self, place: &Place, name: &str) -> Answer<BTreeSet<Place>> {
        let answer = self.ask("textDocument/rename", place, &json!({ "newName": name }))?;
        let mut places = BTreeSet::new();
        for document in list(&answer["documentChanges"]) {
            for edit in list(&document["edits"]) {
                if edit["newText"] != name {
                    return Err(format!("writes {} instead of {name}", edit["newText"]));
                }
                places.insert(self.place(&document["textDocument"]["uri"], &edit["range"])?);
            }
        }
        Ok(places)
    }

    /// The words that can be completed to.
    pub(crate) fn completions(&mut self, place: &Place) -> Answer<BTreeSet<String>> {
        let answer = self.ask("textDocument/completion", place, &json!({}))?;
        Ok(list(&answer["items"]).iter().map(|item| text(&item["label"])).collect())
    }

    pub(crate) fn hover(&mut self, place: &Place) -> Answer<String> {
        let answer = self.ask("textDocument/hover", place, &json!({}))?;
        Ok(text(&answer["contents"]["value"]))
    }

    /// The outline of a file: each symbol with the module that it is in.
    pub(crate) fn outline(&mut self, path: &str) -> Answer<Vec<String>> {
        let file = self.file(path)?;
        let params = json!({ "textDocument": { "uri": self.files[file].uri } });
        let answer = self.client.request("textDocument/documentSymbol", &params)?;
        let mut symbols = Vec::new();
        for symbol in list(&answer) {
            symbols.push(text(&symbol["name"]));
            let children = list(&symbol["children"]).iter();
            symbols
                .extend(children.map(|child| format!("{}::{}", text(&symbol["name"]), text(&child["name"]))));
        }
        Ok(symbols)
    }

    /// What rust-analyzer itself says about all files, without cargo.
    pub(crate) fn diagnostics(&mut self) -> Answer<Vec<Diagnostic>> {
        let mut diagnostics = Vec::new();
        for file in 0..self.files.len() {
            let uri = self.files[file].uri.clone();
            let params = json!({ "textDocument": { "uri": uri } });
            let answer = self.client.request("textDocument/diagnostic", &params)?;
            if answer["kind"] != "full" {
                return Err(format!("no diagnostics, but {answer}"));
            }
            for item in list(&answer["items"]) {
                diagnostics.push(Diagnostic {
                    place: self.place(&uri.clone().into(), &item["range"])?,
                    code: text(&item["code"]),
                    message: text(&item["message"]),
                });
            }
        }
        Ok(diagnostics)
    }

    fn ask(&mut self, method: &str, place: &Place, more: &Value) -> Answer<Value> {
        let file = self.file(&place.file)?;
        let mut params = json!({
            "textDocument": { "uri": self.files[file].uri },
            "position": { "line": place.line, "character": place.column },
        });
        for (key, value) in more.as_object().into_iter().flatten() {
            params[key] = value.clone();
        }
        self.client.request(method, &params).map_err(|error| format!("at {place}: {error}"))
    }

    fn show(&mut self, file: usize, text: String) -> Answer {
        self.version += 1;
        let file = &mut self.files[file];
        let params = json!({
            "textDocument": { "uri": file.uri, "version": self.version },
            "contentChanges": [{ "text": text }],
        });
        file.text = text;
        self.client.notify("textDocument/didChange", &params)
    }

    fn file(&self, path: &str) -> Answer<usize> {
        self.files.iter().position(|file| file.path == path).ok_or_else(|| format!("no file `{path}`"))
    }

    fn locations(&self, answer: &Value) -> Answer<BTreeSet<Place>> {
        list(answer).iter().map(|location| self.place(&location["uri"], &location["range"])).collect()
    }

    fn place(&self, uri: &Value, range: &Value) -> Answer<Place> {
        let uri = text(uri);
        let number = |key| range["start"][key].as_u64().ok_or_else(|| format!("no range: {range}"));
        let (line, column) = (number("line")?, number("character")?);
        let own = self.files.iter().find(|file| file.uri == uri);
        Ok(Place { file: own.map_or(uri, |file| file.path.to_owned()), line, column })
    }
}

impl Display for Place {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line + 1, self.column + 1)
    }
}

impl Display for Diagnostic {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.place, self.code, self.message)
    }
}

fn initialization(root: &str, library: &Path) -> Value {
    json!({
        "processId": std::process::id(),
        "rootUri": root,
        "workspaceFolders": [{ "uri": root, "name": "shop" }],
        "capabilities": {
            "experimental": { "serverStatusNotification": true },
            "textDocument": {
                "diagnostic": {},
                "documentSymbol": { "hierarchicalDocumentSymbolSupport": true },
                "hover": { "contentFormat": ["markdown"] },
            },
            "workspace": { "workspaceEdit": { "documentChanges": true } },
        },
        "initializationOptions": {
            "cachePriming": { "enable": false },
            "cargo": { "sysrootSrc": library },
            "checkOnSave": false,
        },
    })
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
