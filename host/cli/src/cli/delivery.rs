//! The flags of the commands about what could not be done, and who is told.

use clap::{Args, Subcommand};
use dormouse::AppId;

use super::{HostArgs, JsonArgs, ListArgs, OfAppArgs};
use crate::parse::app;

const DEAD_ABOUT: &str = "\
What nobody got to succeed: activations whose last attempt failed.

They stay listed until they are run again or discarded, or age out with the other runs.";

const DEAD_EXAMPLES: &str = "\
Examples:
  dormouse dead list --app org.example.feeds
  dormouse dead redrive 0192d2b0-7c1e-7e4a-8a53-5f0b1a2b3c4d
  dormouse dead redrive --all --app org.example.feeds";

const WEBHOOKS_ABOUT: &str = "\
Who is told of completions over HTTP.

Each message is signed as the Standard Webhooks specification says, with a secret that is shown once. What could not be \
delivered is kept, and can be delivered again.";

const WEBHOOKS_EXAMPLES: &str = "\
Examples:
  dormouse webhooks add deploy https://ci.example.org/hook --app org.example.feeds
  dormouse webhooks test deploy
  dormouse webhooks undelivered deploy";

/// `dormouse dead`.
#[derive(Debug, Args)]
#[command(long_about = DEAD_ABOUT, after_help = DEAD_EXAMPLES, args_conflicts_with_subcommands = true)]
pub(crate) struct DeadArgs {
    #[command(subcommand)]
    pub(crate) command: Option<DeadCommand>,

    #[command(flatten)]
    pub(crate) list: DeadListArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DeadCommand {
    /// List them, the newest first
    List(DeadListArgs),
    /// Run them again, as new activations
    Redrive(DeadPickArgs),
    /// Take them from the list
    Discard(DeadPickArgs),
}

/// Which dead letters.
#[derive(Debug, Args)]
pub(crate) struct DeadFilterArgs {
    /// Of this registration only
    #[arg(long, value_name = "NAME")]
    pub(crate) registration: Option<String>,

    #[command(flatten)]
    pub(crate) of: OfAppArgs,
}

/// `dormouse dead list`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  dormouse dead list --registration hourly --watch")]
pub(crate) struct DeadListArgs {
    #[command(flatten)]
    pub(crate) filter: DeadFilterArgs,
    #[command(flatten)]
    pub(crate) host: HostArgs,
    #[command(flatten)]
    pub(crate) list: ListArgs,
}

/// `dormouse dead redrive` and `dormouse dead discard`.
#[derive(Debug, Args)]
#[command(after_help = DEAD_EXAMPLES)]
pub(crate) struct DeadPickArgs {
    /// The activations, by their ids or the ends of them
    #[arg(value_name = "ACTIVATION", required_unless_present = "all", conflicts_with_all = ["all", "registration", "app"])]
    pub(crate) activations: Vec<String>,

    /// All, or all of --app and --registration
    #[arg(long)]
    pub(crate) all: bool,

    #[command(flatten)]
    pub(crate) filter: DeadFilterArgs,
    #[command(flatten)]
    pub(crate) host: HostArgs,
    #[command(flatten)]
    pub(crate) json: JsonArgs,
}

/// `dormouse subscribers`.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  dormouse subscribers\n  dormouse subscribers forget dashboard"
)]
pub(crate) struct SubscribersArgs {
    #[command(subcommand)]
    pub(crate) command: Option<SubscribersCommand>,

    #[command(flatten)]
    pub(crate) list: SubscribersListArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SubscribersCommand {
    /// List who reads completions, and how far each has read
    List(SubscribersListArgs),
    /// Forget one: nothing is kept for it any more
    #[command(after_help = "Example:\n  dormouse subscribers forget dashboard")]
    Forget(NamedArgs),
}

/// `dormouse subscribers list`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  dormouse subscribers list --watch")]
pub(crate) struct SubscribersListArgs {
    #[command(flatten)]
    pub(crate) host: HostArgs,
    #[command(flatten)]
    pub(crate) list: ListArgs,
}

/// Something by its name.
#[derive(Debug, Args)]
pub(crate) struct NamedArgs {
    /// Its name
    pub(crate) name: String,

    #[command(flatten)]
    pub(crate) host: HostArgs,
    #[command(flatten)]
    pub(crate) json: JsonArgs,
}

/// `dormouse webhooks`.
#[derive(Debug, Args)]
#[command(long_about = WEBHOOKS_ABOUT, after_help = WEBHOOKS_EXAMPLES, args_conflicts_with_subcommands = true)]
pub(crate) struct WebhooksArgs {
    #[command(subcommand)]
    pub(crate) command: Option<WebhooksCommand>,

    #[command(flatten)]
    pub(crate) list: WebhooksListArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum WebhooksCommand {
    /// List them
    List(WebhooksListArgs),
    /// Make one, or change the one of this name
    Add(WebhookAddArgs),
    /// Remove one, with what it could not deliver
    #[command(after_help = "Example:\n  dormouse webhooks remove deploy")]
    Remove(NamedArgs),
    /// Send it a message that says that it is a test
    #[command(after_help = "Example:\n  dormouse webhooks test deploy")]
    Test(NamedArgs),
    /// List what it could not deliver
    Undelivered(UndeliveredArgs),
    /// Deliver again what it could not
    Redeliver(RedeliverArgs),
}

/// `dormouse webhooks list`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  dormouse webhooks list --json")]
pub(crate) struct WebhooksListArgs {
    #[command(flatten)]
    pub(crate) host: HostArgs,
    #[command(flatten)]
    pub(crate) list: ListArgs,
}

/// `dormouse webhooks add`.
#[derive(Debug, Args)]
#[command(after_help = WEBHOOKS_EXAMPLES)]
pub(crate) struct WebhookAddArgs {
    /// Its name
    pub(crate) name: String,

    /// Where to; `dormouse webhooks` shows all of it, so it is no place for a secret
    pub(crate) url: String,

    /// Of completions of this app only
    #[arg(long, value_name = "APP", value_parser = app)]
    pub(crate) app: Option<AppId>,

    /// Of completions of this registration only
    #[arg(long, value_name = "NAME")]
    pub(crate) registration: Option<String>,

    /// The file with the secret to sign with, as `whsec_` and Base64 [default: one is made]
    #[arg(long, value_name = "FILE")]
    pub(crate) secret_file: Option<std::path::PathBuf>,

    #[command(flatten)]
    pub(crate) host: HostArgs,
    #[command(flatten)]
    pub(crate) json: JsonArgs,
}

/// `dormouse webhooks undelivered`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  dormouse webhooks undelivered deploy")]
pub(crate) struct UndeliveredArgs {
    /// The webhook
    pub(crate) name: String,

    #[command(flatten)]
    pub(crate) host: HostArgs,
    #[command(flatten)]
    pub(crate) list: ListArgs,
}

/// `dormouse webhooks redeliver`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  dormouse webhooks redeliver deploy 118\n  dormouse webhooks redeliver deploy --all"
)]
pub(crate) struct RedeliverArgs {
    /// The webhook
    pub(crate) name: String,

    /// Which, as `undelivered` lists them
    #[arg(value_name = "CURSOR", required_unless_present = "all", conflicts_with = "all")]
    pub(crate) cursors: Vec<u64>,

    /// All that it could not deliver
    #[arg(long)]
    pub(crate) all: bool,

    #[command(flatten)]
    pub(crate) host: HostArgs,
    #[command(flatten)]
    pub(crate) json: JsonArgs,
}
