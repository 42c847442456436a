//! The attributes `#[dormouse_guest::task]` and `#[dormouse_guest::app]`. Use them through `dormouse-guest`, which they
//! expand to.

mod app;
mod function;
mod implementation;
mod of_a_type;

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
    beside(item, |item| export(&attr.into(), item))
}

/// Makes a type the component's app.
///
/// There is one app in a component. The attribute goes on the implementation of `App`:
///
/// ```no_run
/// use std::cell::Cell;
/// use std::rc::Rc;
///
/// use dormouse_guest::app::{App, LaunchArgs};
///
/// #[derive(Default)]
/// struct Counter {
///     launches: Cell<u32>,
/// }
///
/// #[dormouse_guest::app]
/// impl App for Counter {
///     async fn launched(self: Rc<Self>, args: LaunchArgs) {
///         self.launches.set(self.launches.get() + 1);
///         println!("launch {} after {}", self.launches.get(), args.previous);
///     }
/// }
/// ```
///
/// Each instance has one value of the type, made by `Default` when the first handler is called. The item itself stays as
/// it is; what exports it is added behind it, and only when compiling to WebAssembly.
#[proc_macro_attribute]
pub fn app(attr: proc_macro::TokenStream, item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    beside(item, |item| app::export(&attr.into(), item))
}

/// The item with what exports it. It stays even if it is refused: a missing one would only raise more errors.
fn beside(
    item: proc_macro::TokenStream,
    export: impl FnOnce(TokenStream) -> syn::Result<TokenStream>,
) -> proc_macro::TokenStream {
    let item = TokenStream::from(item);
    let export = export(item.clone()).unwrap_or_else(Error::into_compile_error);
    quote! { #item #export }.into()
}

const USAGE: &str = "put `#[dormouse_guest::task]` on \
    `async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError>` \
    or on `impl BackgroundTask for YourType`";

fn takes_no_arguments(attr: &TokenStream, attribute: &str) -> syn::Result<()> {
    if attr.is_empty() {
        return Ok(());
    }
    Err(Error::new_spanned(attr, format!("takes no arguments: write `#[dormouse_guest::{attribute}]`")))
}

fn export(attr: &TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    takes_no_arguments(attr, "task")?;
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
