//! `#[task]` on a function.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Error, FnArg, ItemFn, ReturnType, Signature, Type};

use crate::{guest, qualified};

/// What exports `f`, or what is wrong with it.
///
/// Only the shape is judged here. Whether the types are the right ones is for the compiler, which knows
/// aliases: the expansion asks it in a way that points at the type in the source.
pub(crate) fn export(f: &ItemFn) -> syn::Result<TokenStream> {
    let sig = &f.sig;
    check_qualifiers(sig)?;
    let argument = argument(sig)?;
    let returned = returned(sig)?;

    let name = &sig.ident;
    let take = qualified(argument, &quote!(::dormouse_guest::__private::Argument));
    let give = qualified(returned, &quote!(::dormouse_guest::__private::Return));
    let instance = quote_spanned! { argument.span() => #take::from_raw(raw) };
    let result = quote_spanned! { returned.span() => #give::into_raw(#name(#instance).await) };
    Ok(guest(&result))
}

fn check_qualifiers(sig: &Signature) -> syn::Result<()> {
    if sig.asyncness.is_none() {
        return refuse(sig.fn_token, format!("a task is async: write `async fn {}`", sig.ident));
    }
    if let Some(token) = sig.constness {
        return refuse(token, "a task is not `const`: remove it");
    }
    if let Some(token) = sig.unsafety {
        return refuse(token, "a task is called from safe code: remove `unsafe`");
    }
    if let Some(token) = &sig.abi {
        return refuse(token, "a task is a Rust function, the attribute exports it: remove the ABI");
    }
    if !sig.generics.params.is_empty() {
        return refuse(
            &sig.generics,
            "nobody could choose the parameters of a task: write it without generics",
        );
    }
    if let Some(clause) = &sig.generics.where_clause {
        return refuse(clause, "a task has no generics: remove the `where` clause");
    }
    Ok(())
}

fn argument(sig: &Signature) -> syn::Result<&Type> {
    const WRITE: &str = "write `instance: BackgroundTaskInstance`";
    if let Some(variadic) = &sig.variadic {
        return refuse(variadic, format!("a task takes one argument: {WRITE}"));
    }
    let mut inputs = sig.inputs.iter();
    let typed = match inputs.next() {
        None => {
            let parentheses = sig.paren_token.span.join();
            return Err(Error::new(parentheses, format!("a task takes one argument: {WRITE}")));
        }
        Some(FnArg::Receiver(receiver)) => {
            return refuse(
                receiver,
                "a method cannot be a task: write a function, or put `#[dormouse_guest::task]` on \
                 `impl BackgroundTask for YourType`",
            );
        }
        Some(FnArg::Typed(typed)) => typed,
    };
    if let Some(second) = inputs.next() {
        return refuse(second, format!("a task takes one argument: {WRITE} and nothing else"));
    }
    match &*typed.ty {
        Type::Reference(_) => refuse(&typed.ty, format!("a task owns its instance: {WRITE}")),
        Type::ImplTrait(_) => refuse(&typed.ty, format!("a task takes a type, not a trait: {WRITE}")),
        ty => Ok(ty),
    }
}

fn returned(sig: &Signature) -> syn::Result<&Type> {
    const WRITE: &str = "write `-> Result<(), TaskError>`";
    match &sig.output {
        ReturnType::Default => Err(Error::new(
            sig.paren_token.span.close(),
            format!("a task says whether it succeeded: {WRITE}"),
        )),
        ReturnType::Type(_, ty) => match &**ty {
            Type::ImplTrait(_) => refuse(ty, format!("a task returns a type, not a trait: {WRITE}")),
            Type::Never(_) => refuse(ty, format!("a task must be able to return: {WRITE}")),
            ty => Ok(ty),
        },
    }
}

fn refuse<T>(at: impl ToTokens, message: impl std::fmt::Display) -> syn::Result<T> {
    Err(Error::new_spanned(at, message))
}
