//! The OpenAPI document, beside what the routes say of themselves.

use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, OpenApi, PathItem, Ref, RefOr, SecurityRequirement};
use utoipa::{PartialSchema as _, ToSchema as _};

use super::failure::PROBLEM_JSON;
use crate::api::{Code, Problem};

/// What every request may be answered with.
const ALWAYS: [Code; 7] = [
    Code::InvalidRequest,
    Code::Unauthorized,
    Code::Forbidden,
    Code::Timeout,
    Code::Internal,
    Code::Busy,
    Code::StoreFull,
];

/// And one that has a body.
const WITH_BODY: [Code; 3] = [Code::SlowBody, Code::TooLarge, Code::UnsupportedMediaType];

/// Adds what is the same for all operations: how they fail, and who may ask.
pub(super) fn complete(document: &mut OpenApi) {
    let components = document.components.get_or_insert_with(|| ComponentsBuilder::new().build());
    components.schemas.insert(Problem::name().into_owned(), Problem::schema());
    components.schemas.insert(Code::name().into_owned(), Code::schema());
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    components.add_security_scheme("token", SecurityScheme::Http(bearer));
    document.security = Some(vec![
        SecurityRequirement::new::<_, [String; 0], String>("token", []),
        SecurityRequirement::default(),
    ]);
    for item in document.paths.paths.values_mut() {
        for operation in operations(item) {
            let codes = ALWAYS.iter().chain(WITH_BODY.iter().filter(|_| operation.request_body.is_some()));
            for code in codes {
                let responses = &mut operation.responses.responses;
                responses.entry(code.status().as_u16().to_string()).or_insert_with(|| {
                    let canonical = code.status().canonical_reason().unwrap_or_default();
                    ResponseBuilder::new().description(canonical).build().into()
                });
            }
            say_problems(operation);
        }
    }
}

/// What fails is answered by a problem, whatever it was.
fn say_problems(operation: &mut Operation) {
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        if status.starts_with(['4', '5']) {
            let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name(Problem::name()))).build();
            response.content = [(PROBLEM_JSON.to_owned(), RefOr::T(problem))].into_iter().collect();
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let all = [&mut item.get, &mut item.put, &mut item.post, &mut item.delete];
    all.into_iter().filter_map(Option::as_mut)
}
