//! `dormouse app-limits`.

use anstream::ColorChoice;
use dormouse::AppLimitsRequest;
use dormouse::core::app_limits::written;
use dormouse_control::api::{AppLimitsDecisionView, AppLimitsView};

use crate::cli::AppLimitsArgs;
use crate::control::{self, Need};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::{Page, Sheet};
use crate::parse::AppLimitArg;

pub(crate) fn app_limits(args: &AppLimitsArgs, color: ColorChoice) -> Result<Exit> {
    let set = (!args.set.is_empty()).then(|| AppLimitsView::from(AppLimitArg::default(&args.set)));
    let decides = args.unset || set.is_some();
    control::with(&args.host, if decides { Need::Change } else { Need::Look }, async |host| {
        let known = if decides {
            host.set_app_limits(&args.app, set).await?
        } else {
            host.app_limits(&args.app).await?
        };
        let mut page = Page::new();
        if args.json.json {
            page.json(&known)?;
        } else {
            draw(&known, &mut page);
        }
        page.print(color, Exit::Success)
    })
}

fn draw(known: &AppLimitsDecisionView, page: &mut Page) {
    let decided = AppLimitsRequest::from(known.decided);
    let decided: Vec<_> = decided.asked().map(|(limit, _)| limit).collect();
    let limits = AppLimitsRequest::from(known.limits.unwrap_or(known.decided));
    let mut sheet = Sheet::new(["LIMIT", "MAY KEEP", "DECIDED"]);
    for (limit, figure) in limits.asked() {
        let by = if decided.contains(&limit) { "by the operator" } else { "" };
        sheet.row([limit.to_owned(), written(limit, figure), by.to_owned()]);
    }
    page.line(sheet.text_or("nothing is decided"));
    if known.limits.is_none() {
        page.line(format!("app `{}` is not installed: what is decided holds once it is", known.app));
    }
}
