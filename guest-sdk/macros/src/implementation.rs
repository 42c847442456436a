//! `#[task]` on `impl BackgroundTask for X`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Error, ItemImpl};

use crate::{guest, qualified};

/// What exports the type that `i` implements `BackgroundTask` for, or what is wrong with it.
///
/// The methods are not looked at: the compiler compares them with the trait.
pub(crate) fn export(i: &ItemImpl) -> syn::Result<TokenStream> {
    let ty = &i.self_ty;
    let is_task = |path: &syn::Path| path.segments.last().is_some_and(|s| s.ident == "BackgroundTask");
    match &i.trait_ {
        None => {
            return Err(Error::new(
                ty.span(),
                "this block implements no trait: write `impl BackgroundTask for` before the type",
            ));
        }
        Some((_, path, _)) if !is_task(path) => {
            return Err(Error::new_spanned(path, "a task implements `BackgroundTask`: write that here"));
        }
        Some(_) => {}
    }
    if !i.generics.params.is_empty() {
        return Err(Error::new_spanned(
            &i.generics,
            "nobody could choose the parameters of a task: implement `BackgroundTask` for one type",
        ));
    }
    let task = qualified(ty, &quote!(::dormouse_guest::BackgroundTask));
    let value = qualified(ty, &quote!(::core::default::Default));
    let run = quote_spanned! { ty.span() => #task::run(#value::default(), instance).await };
    Ok(guest(&quote! {
        let instance = <::dormouse_guest::BackgroundTaskInstance
            as ::dormouse_guest::__private::Argument>::from_raw(raw);
        ::dormouse_guest::__private::Return::into_raw(#run)
    }))
}
