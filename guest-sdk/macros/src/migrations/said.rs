//! What a revision says of itself in `revision! { .. }`.

use syn::parse::{Parse, ParseStream};
use syn::{Error, LitStr, Result};

use crate::settings::{Errors, Settings};
use crate::{date, form, name};

/// The settings of `revision!`.
#[derive(Default)]
pub(crate) struct Said {
    pub(super) id: Option<LitStr>,
    pub(super) message: Option<LitStr>,
    pub(super) created: Option<LitStr>,
    pub(super) down: Vec<LitStr>,
    pub(super) depends_on: Vec<LitStr>,
    pub(super) labels: Vec<LitStr>,
    pub(super) run_before: Vec<LitStr>,
    pub(super) irreversible: Option<LitStr>,
}

impl Parse for Said {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut settings = Settings::parse(input)?;
        let down = settings.words("down")?;
        let said = Self {
            id: settings.text("id")?,
            message: settings.text("message")?,
            created: settings.text("created")?,
            down: down.clone().unwrap_or_default(),
            depends_on: settings.words("depends_on")?.unwrap_or_default(),
            labels: settings.words("labels")?.unwrap_or_default(),
            run_before: settings.words("run_before")?.unwrap_or_default(),
            irreversible: settings.text("irreversible")?,
        };
        let place = settings.span();
        let mut errors = Errors::default();
        errors.keep(settings.finish("in `revision!`"));
        if down.is_none() {
            errors.push(Error::new(
                place,
                "say which revision comes before: write `down = [\"<its id>\"]`, or `down = []` for the first one",
            ));
        }
        for id in said.down.iter().filter(|id| !name::is_revision_id(&id.value())) {
            errors.say(id, format!("{:?} is no revision id: write letters and digits, e.g. \"a1b2c3d4e5f6\"", id.value()));
        }
        for node in said.depends_on.iter().chain(&said.run_before).filter(|node| !is_node(&node.value())) {
            errors.say(node, format!("{:?} names no revision of another plugin: write \"plugin@revision\"", node.value()));
        }
        for created in said.created.iter().filter(|created| !date::is_rfc3339(&created.value())) {
            errors.say(created, format!("{:?} is no moment: write it as \"2025-10-24T15:00:00Z\"", created.value()));
        }
        for created in said.created.iter().filter(|created| date::is_rfc3339(&created.value()) && !date::is_after_1970(&created.value())) {
            errors.say(created, format!("{:?} is before 1970, where the clock of a revision begins", created.value()));
        }
        for message in said.message.iter() {
            errors.keep(form::one_line(&message.value()).map_err(|reason| Error::new(message.span(), format!("the message {reason}"))));
        }
        for why in said.irreversible.iter() {
            match form::one_line(&why.value()) {
                Err(_) if why.value().trim().is_empty() => {
                    errors.say(why, "say why there is no way back: write `irreversible = \"the old values are gone\"`");
                }
                Err(reason) => errors.say(why, format!("the reason {reason}")),
                Ok(()) => {}
            }
        }
        errors.finish()?;
        Ok(said)
    }
}

fn is_node(text: &str) -> bool {
    text.split_once('@').is_some_and(|(plugin, revision)| name::is_plugin_name(plugin) && name::is_revision_id(revision))
}
