//! What a new revision is called.

use crate::model::RevisionId;
use crate::model::text::is_harmful;
use crate::service::load::Plugin;

use super::error::AuthorError;

/// How many hexadecimal digits a random id has.
const DIGITS: usize = 12;

/// Words of a slug that are kept, as in Alembic's file names.
const SLUG: usize = 40;

/// The id that is asked for, or a random one.
///
/// # Errors
/// It is none.
pub(super) fn id(asked: Option<&str>) -> Result<RevisionId, AuthorError> {
    let random: String =
        ulid::Ulid::generate().random().to_be_bytes()[16 - DIGITS / 2..].iter().map(|byte| format!("{byte:02x}")).collect();
    let text = asked.unwrap_or(&random);
    let refuse = |why: String| AuthorError::Id { id: text.to_owned(), why };
    if !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(refuse("it stands in a file's name between underscores, and has letters and digits only".to_owned()));
    }
    text.parse().map_err(|error| refuse(format!("{error}")))
}

/// The id is of no revision of the plugin.
///
/// # Errors
/// It is of one.
pub(super) fn require_new(plugin: &Plugin, id: &RevisionId) -> Result<(), AuthorError> {
    let refuse = |why: String| AuthorError::Id { id: id.to_string(), why };
    match plugin.manifest.revision(id) {
        None => Ok(()),
        Some(_) => Err(refuse(format!("plugin {} has a revision of that id", plugin.manifest.name))),
    }
}

/// A message as the first line of a file.
///
/// # Errors
/// It is empty, or not one line of plain text.
pub(super) fn message(asked: &str) -> Result<String, AuthorError> {
    let text = asked.trim();
    if text.is_empty() {
        return Err(AuthorError::Message { why: "is empty: say with -m what the revision is for" });
    }
    if text.contains(is_harmful) {
        return Err(AuthorError::Message { why: "must be one line of plain text" });
    }
    Ok(text.to_owned())
}

/// `add_phone_to_user`, of a message.
pub(super) fn slug(message: &str) -> String {
    let mut slug = String::new();
    for word in message.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        if slug.len() + word.len() > SLUG && !slug.is_empty() {
            break;
        }
        let separator = if slug.is_empty() { "" } else { "_" };
        slug.push_str(separator);
        slug.extend(word.chars().take(SLUG).map(|letter| letter.to_ascii_lowercase()));
    }
    if slug.is_empty() { "revision".to_owned() } else { slug }
}

#[cfg(test)]
mod tests {
    use super::slug;

    #[test]
    fn a_file_is_called_after_its_message() {
        assert_eq!(slug("Add phone to user."), "add_phone_to_user");
        assert_eq!(slug("  Größe -- was?  "), "gr_e_was");
        assert_eq!(slug("…"), "revision");
        assert!(slug(&"word ".repeat(30)).len() <= 45);
        assert_eq!(slug(&"x".repeat(100)).len(), 40);
    }
}
