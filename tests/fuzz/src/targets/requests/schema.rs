//! Whether an answer is what the document says: the part of JSON Schema that the document uses.

use std::fmt;

use serde_json::{Map, Value};

/// Deeper than any answer.
const DEPTH_MAX: usize = 32;

/// Whether `value` is what `schema` of `document` says. What a schema with members does not name is not there.
///
/// # Errors
///
/// What is not, and where.
pub(super) fn fits(document: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    Look { document, place: String::new(), whole: true, depth: 0 }.at(schema, value)
}

/// A place in an answer.
struct Look<'a> {
    document: &'a Value,
    place: String,
    /// The schema names all members that there are; it does not where it is a part of one.
    whole: bool,
    depth: usize,
}

impl Look<'_> {
    /// A look at the same value by another schema.
    fn by(&self, whole: bool) -> Self {
        Self { document: self.document, place: self.place.clone(), whole, depth: self.depth + 1 }
    }

    /// A look at a part of the value.
    fn inside(&self, part: impl fmt::Display) -> Self {
        Self { place: format!("{}/{part}", self.place), ..self.by(true) }
    }

    fn wrong(&self, why: impl fmt::Display) -> Result<(), String> {
        Err(format!("{}: {why}", self.place))
    }

    fn at(&self, schema: &Value, value: &Value) -> Result<(), String> {
        if self.depth > DEPTH_MAX {
            return self.wrong("there is no end to it");
        }
        if let Some(name) = schema["$ref"].as_str() {
            return match self.document.pointer(name.trim_start_matches('#')) {
                Some(meant) => self.by(self.whole).at(meant, value),
                None => self.wrong(format_args!("there is no {name}")),
            };
        }
        for choice in ["oneOf", "anyOf"] {
            if let Some(choices) = schema[choice].as_array() {
                let look = self.by(self.whole);
                let not: Vec<_> = choices.iter().map(|choice| look.at(choice, value)).collect();
                if not.iter().all(Result::is_err) {
                    let not: Vec<_> = not.into_iter().filter_map(Result::err).collect();
                    return self.wrong(format_args!("none of {not:?}"));
                }
            }
        }
        for part in schema["allOf"].as_array().into_iter().flatten() {
            self.by(false).at(part, value)?;
        }
        if let Some(words) = schema["enum"].as_array().filter(|words| !words.contains(value)) {
            return self.wrong(format_args!("{value} is none of {words:?}"));
        }
        if !is_of(&schema["type"], value) {
            return self.wrong(format_args!("{value} is no {}", schema["type"]));
        }
        match value {
            Value::Object(members) => self.members(schema, members),
            Value::Array(items) if !schema["items"].is_null() => {
                let item = |(n, item)| self.inside(n).at(&schema["items"], item);
                items.iter().enumerate().try_for_each(item)
            }
            _ => Ok(()),
        }
    }

    fn members(&self, schema: &Value, members: &Map<String, Value>) -> Result<(), String> {
        let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        if let Some(name) = required.into_iter().find(|name| !members.contains_key(*name)) {
            return self.wrong(format_args!("there is no `{name}`"));
        }
        let more = &schema["additionalProperties"];
        let named = schema["properties"].as_object();
        for (name, member) in members {
            let look = self.inside(name);
            match named.and_then(|named| named.get(name)) {
                Some(schema) => look.at(schema, member)?,
                None if more.is_object() => look.at(more, member)?,
                None if self.whole && named.is_some() && *more != true => {
                    return look.wrong("the document does not know it");
                }
                None => {}
            }
        }
        Ok(())
    }
}

/// One type, or several in a list; anything, if there is none.
fn is_of(kinds: &Value, value: &Value) -> bool {
    let is = |kind: &Value| match kind.as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("null") => value.is_null(),
        Some("number") => value.is_number(),
        Some("integer") => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        _ => false,
    };
    match kinds {
        Value::Null => true,
        Value::Array(kinds) => kinds.iter().any(is),
        kind => is(kind),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_differs_from_the_document_is_found_and_what_does_not_is_not() {
        let document = json!({ "components": {
            "id": { "type": "string" },
            "task": {
                "type": "object",
                "required": ["id"],
                "properties": {
                    "id": { "$ref": "#/components/id" },
                    "runs": { "type": ["integer", "null"] },
                    "kind": { "enum": ["a", "b"] },
                    "list": { "type": "array", "items": { "oneOf": [{ "type": "boolean" }, { "type": "null" }] } },
                },
            },
        } });
        let schema = json!({ "$ref": "#/components/task" });
        for good in [
            json!({ "id": "x" }),
            json!({ "id": "x", "runs": 3, "kind": "b", "list": [true, null] }),
            json!({ "id": "x", "runs": null }),
        ] {
            assert_eq!(fits(&document, &schema, &good), Ok(()));
        }
        for bad in [
            json!([]),
            json!({ "runs": 3 }),
            json!({ "id": 7 }),
            json!({ "id": "x", "runs": 0.5 }),
            json!({ "id": "x", "kind": "c" }),
            json!({ "id": "x", "list": [3] }),
            json!({ "id": "x", "unheard": "of" }),
        ] {
            assert!(fits(&document, &schema, &bad).is_err(), "{bad}");
        }
        let parts = json!({ "allOf": [schema, { "properties": { "more": { "type": "string" } } }] });
        assert_eq!(fits(&document, &parts, &json!({ "id": "x", "more": "y" })), Ok(()));
        assert!(fits(&document, &parts, &json!({ "id": "x", "more": 1 })).is_err());
    }
}
