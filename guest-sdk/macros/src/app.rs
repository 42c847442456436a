//! `#[app]` on `impl App for X`.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Error, ImplItem, ImplItemFn, Item, ItemImpl, ReturnType};

use crate::of_a_type::{self, Words};
use crate::qualified;

const WORDS: Words = Words { one: "an app", implements: "App" };

const USAGE: &str = "put `#[dormouse_guest::app]` on `impl App for YourType`";

/// What exports the type that `item` implements `App` for, or what is wrong with it.
pub(crate) fn export(attr: &TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    crate::takes_no_arguments(attr, "app")?;
    match syn::parse2(item) {
        Ok(Item::Impl(i)) => of_impl(&i),
        Ok(Item::Fn(f)) => Err(Error::new_spanned(
            f.sig,
            format!("an app has many handlers: {USAGE}, and make this its `background_activated`"),
        )),
        Ok(other) => Err(Error::new_spanned(other, USAGE)),
        Err(_) => Err(Error::new(Span::call_site(), USAGE)),
    }
}

fn of_impl(i: &ItemImpl) -> syn::Result<TokenStream> {
    of_a_type::check(i, &WORDS)?;
    check_handlers(i)?;
    let ty = &i.self_ty;
    let value = qualified(ty, &quote!(::core::default::Default));
    let value = quote_spanned! { ty.span() => #value::default() };
    Ok(quote! {
        const _: () = {
            ::std::thread_local! {
                static APP: ::std::rc::Rc<#ty> = ::std::rc::Rc::new(#value);
            }

            struct Exported;

            impl ::dormouse_guest::__private::app::Value for Exported {
                type App = #ty;

                fn value() -> ::std::rc::Rc<#ty> {
                    APP.with(::core::clone::Clone::clone)
                }
            }

            #[cfg(target_family = "wasm")]
            ::dormouse_guest::__private::app::bindings::export_app!(
                Exported with_types_in ::dormouse_guest::__private::app::bindings
            );
            #[cfg(not(target_family = "wasm"))]
            const _: () = ::dormouse_guest::__private::app::use_natively::<Exported>();
        };
    })
}

/// The compiler compares the handlers with the trait. Only where its message would not say what to write is it said
/// here: at a receiver that is not shared, and at a handler that is not async.
fn check_handlers(i: &ItemImpl) -> syn::Result<()> {
    let handlers = i.items.iter().filter_map(|item| match item {
        ImplItem::Fn(handler) => Some(handler),
        _ => None,
    });
    let wrong = handlers.filter_map(|handler| check_handler(handler).err());
    // All at once: each is to be written anew.
    let combined = wrong.reduce(|mut all, error| {
        all.combine(error);
        all
    });
    combined.map_or(Ok(()), Err)
}

fn check_handler(handler: &ImplItemFn) -> syn::Result<()> {
    let sig = &handler.sig;
    let Some(receiver) = sig.receiver() else {
        return Err(Error::new(
            sig.paren_token.span.open(),
            "a handler belongs to its app: write `self: Rc<Self>` first",
        ));
    };
    if receiver.colon_token.is_none() {
        return Err(Error::new_spanned(
            receiver,
            "a handler shares its app with others that are under way: write `self: Rc<Self>`, and hold what \
             changes in a `Cell` or a `RefCell`",
        ));
    }
    if sig.asyncness.is_none() && matches!(sig.output, ReturnType::Default) {
        return Err(Error::new_spanned(
            sig.fn_token,
            format!("a handler is async: write `async fn {}`", sig.ident),
        ));
    }
    Ok(())
}
