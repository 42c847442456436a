//! Requests, drawn from an OpenAPI document.

use std::collections::BTreeMap;

use arbitrary::Unstructured;
use serde_json::{Map, Value};

/// How deep what is drawn is nested.
const DEPTH_MAX: usize = 6;

/// Texts that mean something somewhere.
const TEXTS: [&str; 20] = [
    "",
    "a",
    "..",
    "%2e%2e",
    "a/b",
    "org.example.app",
    "2026-03-01T08:59:59Z",
    "9223372036854775807us",
    "internet-available",
    "0 * * * *",
    "Europe/Berlin",
    "http://127.0.0.1:1/",
    "127.0.0.1:0",
    "Zm9v",
    "00000000-0000-0000-0000-000000000000",
    "\u{1b}[2J",
    "\0",
    "é\u{202e}",
    "custom:x",
    "30s",
];

/// Numbers at which something ends or begins.
const NUMBERS: [f64; 11] =
    [0.0, 1.0, -1.0, 0.5, 255.0, 256.0, 65_536.0, 4_294_967_296.0, 9_007_199_254_740_992.0, 1e19, 1e300];

/// What can be asked.
pub(super) struct Operation {
    pub(super) method: String,
    pub(super) path: String,
    /// The statuses that the document says it may be answered with, and what then comes: schemas by media type.
    pub(super) answers: BTreeMap<u16, Value>,
    parameters: Vec<Parameter>,
    /// The type of the body, and its schema if that is JSON.
    body: Option<(&'static str, Value)>,
}

struct Parameter {
    name: String,
    in_path: bool,
    schema: Value,
}

/// A request.
pub(super) struct Drawn {
    pub(super) uri: String,
    pub(super) body: Option<(&'static str, Vec<u8>)>,
}

/// Where everything is drawn from.
pub(super) struct Draw<'a> {
    pub(super) from: Unstructured<'a>,
    pub(super) document: &'a Value,
    /// Names of what there is.
    pub(super) names: &'a [&'a str],
}

impl Operation {
    /// All of `document`.
    pub(super) fn all(document: &Value) -> Vec<Self> {
        let mut all = Vec::new();
        for (path, item) in document["paths"].as_object().into_iter().flatten() {
            for (method, operation) in item.as_object().into_iter().flatten() {
                let parameters = operation["parameters"].as_array().into_iter().flatten();
                let content = &operation["requestBody"]["content"];
                let json = &content["application/json"]["schema"];
                all.push(Self {
                    method: method.to_uppercase(),
                    path: path.clone(),
                    answers: operation["responses"]
                        .as_object()
                        .into_iter()
                        .flatten()
                        .filter_map(|(status, answer)| {
                            Some((status.parse().ok()?, answer["content"].clone()))
                        })
                        .collect(),
                    parameters: parameters.map(Parameter::read).collect(),
                    body: match (json.is_null(), content.is_null()) {
                        (false, _) => Some(("application/json", json.clone())),
                        (true, false) => Some(("application/octet-stream", Value::Null)),
                        (true, true) => None,
                    },
                });
            }
        }
        all
    }

    pub(super) fn draw(&self, draw: &mut Draw<'_>) -> Drawn {
        let (mut path, mut query) = (self.path.clone(), Vec::new());
        for parameter in &self.parameters {
            if parameter.in_path {
                let value = encoded(&draw.text());
                path = path.replace(&format!("{{{}}}", parameter.name), &value);
            } else if draw.one_in(3) {
                let value = plain(&draw.value(&parameter.schema, DEPTH_MAX));
                query.push(format!("{}={}", parameter.name, encoded(&value)));
            }
        }
        if draw.one_in(30) {
            query.push("unheard=of".to_owned());
        }
        let uri = if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) };
        let body = self.body.as_ref().map(|(kind, schema)| {
            let bytes =
                if schema.is_null() { draw.bytes() } else { draw.value(schema, 0).to_string().into_bytes() };
            let kind = if draw.one_in(40) { "text/plain" } else { *kind };
            (kind, bytes)
        });
        Drawn { uri, body }
    }
}

impl Parameter {
    fn read(value: &Value) -> Self {
        Self {
            name: value["name"].as_str().unwrap_or_default().to_owned(),
            in_path: value["in"] == "path",
            schema: value["schema"].clone(),
        }
    }
}

impl Draw<'_> {
    /// Never, once there is nothing left to draw from.
    fn one_in(&mut self, n: u32) -> bool {
        !self.from.is_empty() && self.from.ratio(1, n).unwrap_or(false)
    }

    fn choose<'b, T>(&mut self, of: &'b [T]) -> Option<&'b T> {
        self.from.choose(of).ok().or_else(|| of.first())
    }

    fn text(&mut self) -> String {
        let names = self.names;
        if self.one_in(2) {
            self.choose(&TEXTS).copied().unwrap_or_default().to_owned()
        } else if self.one_in(20) {
            String::from_utf8_lossy(&self.bytes()).into_owned()
        } else {
            self.choose(names).copied().unwrap_or_default().to_owned()
        }
    }

    fn bytes(&mut self) -> Vec<u8> {
        let len = self.from.arbitrary_len::<u8>().unwrap_or(0).min(64);
        self.from.bytes(len).map(<[u8]>::to_vec).unwrap_or_default()
    }

    fn number(&mut self) -> Value {
        let number = self.choose(&NUMBERS).copied().unwrap_or_default();
        // Whole numbers are written as such.
        if number.fract() == 0.0 && number.abs() < 1e18 { (number as i64).into() } else { number.into() }
    }

    /// A value of `schema`, or something else in its place.
    fn value(&mut self, schema: &Value, depth: usize) -> Value {
        if self.one_in(40) {
            let others = [
                Value::Null,
                true.into(),
                (-1).into(),
                "x".into(),
                Value::Array(vec![]),
                Value::Object(Map::new()),
            ];
            return self.choose(&others).cloned().unwrap_or_default();
        }
        if let Some(name) = schema["$ref"].as_str() {
            let document = self.document;
            return match document.pointer(name.trim_start_matches('#')) {
                Some(schema) if depth <= DEPTH_MAX => self.value(schema, depth + 1),
                _ => Value::Null,
            };
        }
        for choice in ["oneOf", "anyOf", "enum"] {
            if let Some(choices) = schema[choice].as_array() {
                let Some(chosen) = self.choose(choices).cloned() else { return Value::Null };
                return if choice == "enum" { chosen } else { self.value(&chosen, depth + 1) };
            }
        }
        if let Some(parts) = schema["allOf"].as_array() {
            let mut all = Map::new();
            for part in parts {
                if let Value::Object(some) = self.value(part, depth + 1) {
                    all.extend(some);
                }
            }
            return Value::Object(all);
        }
        if !schema["const"].is_null() {
            return schema["const"].clone();
        }
        let kind = match &schema["type"] {
            Value::Array(kinds) => self.choose(kinds).cloned().unwrap_or_default(),
            kind => kind.clone(),
        };
        match kind.as_str().unwrap_or_default() {
            "object" => self.object(schema, depth),
            "array" => {
                let mut items = Vec::new();
                while depth <= DEPTH_MAX && items.len() < 8 && self.one_in(2) {
                    items.push(self.value(&schema["items"], depth + 1));
                }
                Value::Array(items)
            }
            "string" => self.text().into(),
            "integer" | "number" => self.number(),
            "boolean" => self.one_in(2).into(),
            _ => Value::Null,
        }
    }

    fn object(&mut self, schema: &Value, depth: usize) -> Value {
        let mut object = Map::new();
        let required: Vec<_> = schema["required"].as_array().into_iter().flatten().collect();
        for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
            let must = required.iter().any(|required| *required == name);
            if if must { !self.one_in(40) } else { self.one_in(3) } {
                object.insert(name.clone(), self.value(schema, depth + 1));
            }
        }
        let more = &schema["additionalProperties"];
        while more.is_object() && object.len() < 8 && self.one_in(2) {
            object.insert(self.text(), self.value(more, depth + 1));
        }
        if self.one_in(60) {
            object.insert("unheard".to_owned(), "of".into());
        }
        Value::Object(object)
    }
}

/// As it stands in a query.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Everything but letters and digits as `%XX`.
fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
