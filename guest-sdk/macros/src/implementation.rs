//! `#[task]` on `impl BackgroundTask for X`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ItemImpl;
use syn::spanned::Spanned as _;

use crate::of_a_type::{self, Words};
use crate::{guest, qualified};

const WORDS: Words = Words { one: "a task", implements: "BackgroundTask" };

/// What exports the type that `i` implements `BackgroundTask` for, or what is wrong with it.
pub(crate) fn export(i: &ItemImpl) -> syn::Result<TokenStream> {
    of_a_type::check(i, &WORDS)?;
    let ty = &i.self_ty;
    let task = qualified(ty, &quote!(::dormouse_guest::BackgroundTask));
    let value = qualified(ty, &quote!(::core::default::Default));
    let run = quote_spanned! { ty.span() => #task::run(#value::default(), instance).await };
    Ok(guest(&quote! {
        let instance = <::dormouse_guest::BackgroundTaskInstance
            as ::dormouse_guest::__private::Argument>::from_raw(raw);
        ::dormouse_guest::__private::Return::into_raw(#run)
    }))
}
