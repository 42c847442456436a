//! The attribute `#[dormouse_guest::task]`. Use it through `dormouse-guest`, which it expands to.

mod function;
mod implementation;

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Error, Item, Type};

/// Makes a function or a type the component's background task.
///
/// There is one task in a component. The attribute goes on one of two things:
///
/// - a function, with any name:
///
///   ```no_run
///   use dormouse_guest::{BackgroundTaskInstance, TaskError};
///
///   #[dormouse_guest::task]
///   async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
///       instance.set_progress(100);
///       Ok(())
///   }
///   ```
///
/// - the implementation of `BackgroundTask`, for a task with state of its own:
///
///   ```no_run
///   use dormouse_guest::{BackgroundTask, BackgroundTaskInstance, TaskError};
///
///   #[derive(Default)]
///   struct Sweep {
///       removed: u32,
///   }
///
///   #[dormouse_guest::task]
///   impl BackgroundTask for Sweep {
///       async fn run(mut self, instance: BackgroundTaskInstance) -> Result<(), TaskError> {
///           self.removed += 1;
///           instance.set_progress(self.removed);
///           Ok(())
///       }
///   }
///   ```
///
/// The item itself stays as it is; what exports it is added behind it, and only when compiling to
/// WebAssembly.
#[proc_macro_attribute]
pub fn task(attr: proc_macro::TokenStream, item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let item = TokenStream::from(item);
    // The item stays even if it is refused: a missing one would only raise more errors.
    let export = export(attr.into(), item.clone()).unwrap_or_else(Error::into_compile_error);
    quote! { #item #export }.into()
}

const USAGE: &str = "put `#[dormouse_guest::task]` on \
    `async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError>` \
    or on `impl BackgroundTask for YourType`";

fn export(attr: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    if !attr.is_empty() {
        return Err(Error::new_spanned(attr, "takes no arguments: write `#[dormouse_guest::task]`"));
    }
    match syn::parse2(item) {
        Ok(Item::Fn(f)) => function::export(&f),
        Ok(Item::Impl(i)) => implementation::export(&i),
        Ok(other) => Err(Error::new_spanned(other, USAGE)),
        Err(_) => Err(Error::new(Span::call_site(), USAGE)),
    }
}

/// Implements the world's export with `body`, which computes a `RawResult` from `raw`, a `RawInstance`.
fn guest(body: &TokenStream) -> TokenStream {
    quote! {
        const _: () = {
            struct Exported;

            impl ::dormouse_guest::__private::Guest for Exported {
                async fn run(
                    raw: ::dormouse_guest::__private::RawInstance,
                ) -> ::dormouse_guest::__private::RawResult {
                    #body
                }
            }

            #[cfg(target_family = "wasm")]
            ::dormouse_guest::__private::bindings::export!(
                Exported with_types_in ::dormouse_guest::__private::bindings
            );
            #[cfg(not(target_family = "wasm"))]
            const _: () = ::dormouse_guest::__private::use_natively::<Exported>();
        };
    }
}

/// `ty as trait`, so that an unmet bound is reported at `ty`, with the trait's own message.
fn qualified(ty: &Type, the_trait: &TokenStream) -> TokenStream {
    quote! { <#ty as #the_trait> }
}
