//! What both attributes ask of an `impl` block: one trait, one type.

use syn::spanned::Spanned as _;
use syn::{Error, ItemImpl};

/// What the attribute calls things.
pub(crate) struct Words {
    /// What is exported, with its article.
    pub(crate) one: &'static str,
    /// The trait.
    pub(crate) implements: &'static str,
}

/// Whether `i` implements the trait for one type.
///
/// The methods are not looked at here: the compiler compares them with the trait.
pub(crate) fn check(i: &ItemImpl, words: &Words) -> syn::Result<()> {
    let Words { one, implements } = words;
    let is_it = |path: &syn::Path| path.segments.last().is_some_and(|s| s.ident == implements);
    match &i.trait_ {
        None => {
            return Err(Error::new(
                i.self_ty.span(),
                format!("this block implements no trait: write `impl {implements} for` before the type"),
            ));
        }
        Some((_, path, _)) if !is_it(path) => {
            return Err(Error::new_spanned(
                path,
                format!("{one} implements `{implements}`: write that here"),
            ));
        }
        Some(_) => {}
    }
    if !i.generics.params.is_empty() {
        return Err(Error::new_spanned(
            &i.generics,
            format!("nobody could choose the parameters of {one}: implement `{implements}` for one type"),
        ));
    }
    Ok(())
}
