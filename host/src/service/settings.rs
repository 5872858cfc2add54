//! What the operator decided: `tenon.toml`, over which the environment and the command line win.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::limit_settings::{GlobalLimitSettings, LimitSettings, PluginLimits, millis};
use super::operator::{OperatorKey, OperatorSettings};
use super::plugin_settings::Given;
use crate::model::{Name, PluginName};
use crate::runtime::Isolation;
use crate::store::BUSY_COMMAND;

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file that was named is not there, or cannot be read.
    #[error("cannot read the configuration {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It is not TOML, or has a key that nobody knows.
    #[error("the configuration {} is not valid", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Where and why.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// Machine code would be written where plugins are looked for.
    #[error(
        "the `cache-folder` {} is in the plugins folder {} (`plugins-folder` or `--plugins`), where only plugins belong: set `cache-folder` to a \
         folder elsewhere, or leave it out to have one in the user's cache folder", cache.display(), plugins.display()
    )]
    CacheAmongPlugins {
        /// The cache's folder.
        cache: PathBuf,
        /// The folder that is scanned for plugins.
        plugins: PathBuf,
    },
    /// What was said on the command line or in the environment is not `sqlite:PATH`.
    #[error(transparent)]
    Database(#[from] UrlError),
}

/// A text that names no database.
#[derive(Debug, thiserror::Error)]
#[error("{url:?} does not name a database: write {}", instead(.url))]
pub struct UrlError {
    url: String,
}

/// A database's file, written `sqlite:PATH`.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
struct DatabaseFile(PathBuf);

impl TryFrom<String> for DatabaseFile {
    type Error = UrlError;

    /// What SQLite takes for a database in memory would be gone before anybody could use it; and two slashes begin no path that anybody
    /// means: other programs write `sqlite:///x.db` for `x.db`.
    fn try_from(url: String) -> Result<Self, UrlError> {
        match url.strip_prefix("sqlite:") {
            Some(path) if is_path(path) => Ok(Self(path.into())),
            _ => Err(UrlError { url }),
        }
    }
}

fn is_path(path: &str) -> bool {
    !path.is_empty() && path != ":memory:" && !path.starts_with("//")
}

/// What to write in the place of a text that names no database: for `sqlite:///x.db` and its like the same file.
fn instead(url: &str) -> String {
    let path = url.split_once("://").filter(|(scheme, _)| scheme.starts_with("sqlite"));
    let path = path.map(|(_, path)| path.strip_prefix('/').unwrap_or(path)).filter(|path| is_path(path));
    path.map_or("sqlite:PATH, e.g. sqlite:tenon.db".to_owned(), |path| format!("sqlite:{path}"))
}

/// `tenon.toml`. Every key is optional; an unknown one is refused.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    database: Option<DatabaseFile>,
    plugins_folder: Option<PathBuf>,
    cache_folder: Option<PathBuf>,
    #[serde(default)]
    limits: GlobalLimitSettings,
    #[serde(default)]
    http: HttpSettings,
    #[serde(default)]
    operator: OperatorSettings,
    #[serde(default)]
    plugins: BTreeMap<PluginName, PluginSettings>,
}

/// `[http]` of `tenon.toml`: how much of a request is read; none is as the server has it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct HttpSettings {
    /// A body, in KiB.
    pub body_kib: Option<NonZero<u16>>,
    /// A path with its query string, in KiB.
    pub url_kib: Option<NonZero<u8>>,
    /// All headers together, in KiB.
    pub header_kib: Option<NonZero<u8>>,
}

/// `[plugins.NAME]` of `tenon.toml`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PluginSettings {
    /// Tables and views of other plugins that this one may read.
    #[serde(default)]
    pub reads: Vec<Name>,
    /// Tables of other plugins that its foreign keys may point to, of those that it asks for. All of them when the key is not there.
    pub references: Option<Vec<Name>>,
    /// What the name of everything that it makes must begin with.
    pub prefix: Option<Name>,
    /// What the plugin asks to be set.
    #[serde(default)]
    pub settings: Given,
    /// What it may use up, where that is not what all may.
    #[serde(default)]
    pub limits: LimitSettings,
    /// How far its requests are from each other.
    #[serde(default)]
    pub isolation: Isolation,
}

/// What was said on the command line and in the environment.
#[derive(Debug, Default)]
pub struct Overrides {
    /// `--database`.
    pub database: Option<String>,
    /// `--plugins`.
    pub plugins_folder: Option<PathBuf>,
    /// `--config`; without it `tenon.toml` is read where it exists.
    pub config: Option<PathBuf>,
}

/// What holds for a run.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The database's file. Relative to the working directory.
    pub database: PathBuf,
    /// The folder that is scanned for plugins.
    pub plugins_folder: PathBuf,
    /// Where compiled code is kept; none when there is no place for it.
    pub cache_folder: Option<PathBuf>,
    /// What plugins may use up.
    pub limits: PluginLimits,
    /// How long a command waits for another process that writes to the database.
    pub lock_wait: Duration,
    /// How much of a request is read.
    pub http: HttpSettings,
    /// What lets somebody exchange plugins over HTTP, if anything does.
    pub operator_key: Option<OperatorKey>,
    /// By plugin.
    pub plugins: BTreeMap<PluginName, PluginSettings>,
}

impl Settings {
    /// Reads the configuration file and lets the overrides win.
    ///
    /// # Errors
    /// See [`SettingsError`]. A `tenon.toml` that is merely absent is none.
    pub fn read(overrides: Overrides) -> Result<Self, SettingsError> {
        let file = match &overrides.config {
            Some(path) => read_file(path)?,
            None if Path::new("tenon.toml").exists() => read_file(Path::new("tenon.toml"))?,
            None => File::default(),
        };
        let plugins_folder = overrides.plugins_folder.or(file.plugins_folder).unwrap_or_else(|| "plugins".into());
        if let Some(cache) = file.cache_folder.as_ref().filter(|cache| is_in(cache, &plugins_folder)) {
            return Err(SettingsError::CacheAmongPlugins { cache: cache.clone(), plugins: plugins_folder });
        }
        let overriding = overrides.database.map(DatabaseFile::try_from).transpose()?;
        Ok(Self {
            database: overriding.or(file.database).map_or_else(|| "tenon.db".into(), |DatabaseFile(path)| path),
            plugins_folder,
            cache_folder: file.cache_folder.or_else(default_cache_folder),
            limits: file.limits.limits(),
            lock_wait: file.limits.lock_wait_ms.map_or(BUSY_COMMAND, millis),
            http: file.http,
            operator_key: file.operator.key,
            plugins: file.plugins,
        })
    }

    /// What one plugin may use up.
    pub fn limits_of(&self, name: &PluginName) -> PluginLimits {
        self.plugins.get(name).map_or_else(|| self.limits.clone(), |given| given.limits.over(&self.limits))
    }

    /// What the operator said of one plugin; nothing special when nothing.
    pub fn plugin(&self, name: &PluginName) -> PluginSettings {
        self.plugins.get(name).cloned().unwrap_or_default()
    }
}

/// Whether a path is a folder's or below it, as they are written: neither has to be there.
fn is_in(path: &Path, folder: &Path) -> bool {
    let plain = |path: &Path| {
        let absolute = std::path::absolute(path).ok()?;
        Some(absolute.components().fold(PathBuf::new(), |mut plain, component| {
            match component {
                // Above the root is the root.
                Component::ParentDir => _ = plain.pop(),
                other => plain.push(other),
            }
            plain
        }))
    };
    // An empty path is none, and nothing can be made there.
    matches!((plain(path), plain(folder)), (Some(path), Some(folder)) if path.starts_with(&folder))
}

/// `tenon` in the user's cache folder: outside the plugins folder, where nobody drops files.
fn default_cache_folder() -> Option<PathBuf> {
    use etcetera::BaseStrategy as _;
    etcetera::choose_base_strategy().ok().map(|strategy| strategy.cache_dir().join("tenon"))
}

fn read_file(path: &Path) -> Result<File, SettingsError> {
    let text = std::fs::read_to_string(path).map_err(|source| SettingsError::Unreadable { path: path.to_owned(), source })?;
    toml::from_str(&text).map_err(|mut source: toml::de::Error| {
        if source.span().is_some_and(|span| is_secret(&text, span.start)) {
            // An error shows the line that it is about.
            source.set_input(None);
        }
        SettingsError::Invalid { path: path.to_owned(), source: Box::new(source) }
    })
}

/// Whether a place in the text is among a plugin's settings or the operator's, which may be secret.
fn is_secret(text: &str, at: usize) -> bool {
    let until = text[at..].find('\n').map_or(text.len(), |end| at + end);
    let mut lines = text[..until].lines().rev();
    let here = lines.next().unwrap_or_default();
    let header = std::iter::once(here).chain(lines).find(|line| line.trim_start().starts_with('['));
    let has_secrets = |line: &str| line.contains("settings") || line.contains("operator");
    has_secrets(here) || header.is_some_and(has_secrets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_file(text: &str, overrides: Overrides) -> Result<Settings, SettingsError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("any.toml");
        std::fs::write(&path, text).unwrap();
        Settings::read(Overrides { config: Some(path), ..overrides })
    }

    #[test]
    fn the_command_line_wins_over_the_file() {
        let file = "database = \"sqlite:a.db\"\nplugins-folder = \"here\"\n[plugins.billing]\nreads = [\"orders\"]\n";
        let settings = with_file(file, Overrides { database: Some("sqlite:b.db".into()), ..Overrides::default() }).unwrap();
        assert_eq!(settings.database, PathBuf::from("b.db"));
        assert_eq!(settings.plugins_folder, PathBuf::from("here"));
        assert_eq!(settings.plugin(&"billing".parse().unwrap()).reads.len(), 1);
    }

    #[test]
    fn an_unknown_key_a_bad_name_and_a_bad_url_are_refused() {
        assert!(matches!(with_file("colour = 1", Overrides::default()), Err(SettingsError::Invalid { .. })));
        assert!(matches!(with_file("[plugins.Bad_Name]", Overrides::default()), Err(SettingsError::Invalid { .. })));
        let bad = Overrides { database: Some("postgres://x".into()), ..Overrides::default() };
        assert!(matches!(with_file("", bad), Err(SettingsError::Database(_))));
    }

    #[test]
    fn a_prefix_is_the_beginning_of_a_name() {
        let read = |prefix: &str| with_file(&format!("[plugins.shop]\nprefix = '{prefix}'"), Overrides::default());
        let settings = read("shop_").unwrap().plugin(&"shop".parse().unwrap());
        assert_eq!((settings.prefix, settings.references), (Some("shop_".parse().unwrap()), None));
        for bad in ["", " ", "shop_ ", "a\"b", "sqlite_", "tenon_x", &"x".repeat(64)] {
            assert!(matches!(read(bad), Err(SettingsError::Invalid { .. })), "{bad:?}");
        }
    }

    #[test]
    fn what_a_plugin_is_given_is_not_told_when_the_file_is_wrong() {
        let told = |file: &str| match with_file(file, Overrides::default()) {
            Err(SettingsError::Invalid { source, .. }) => source.to_string(),
            other => panic!("{other:?}"),
        };
        for file in [
            "[plugins.mail.settings]\nkey = \"hunter2",
            "[plugins.mail.settings]\nkey = hunter2\n",
            "[plugins.mail]\nsettings = \"hunter2\"",
            "[plugins.mail]\nsettings.key = [\"hunter2\"\n[limits]",
            "[plugins.mail]\nsettings = { key = \"hunter2\", }}",
            "plugins.mail.settings.key = 'hunter2",
        ] {
            assert!(!told(file).contains("hunter2"), "{}", told(file));
        }
        assert!(told("[limits]\nmemory-mib = \"much\"").contains("much"), "other lines are shown");
        let settings = with_file("[plugins.mail.settings]\nkey = \"hunter2\"", Overrides::default()).unwrap();
        assert!(settings.plugin(&"mail".parse().unwrap()).settings.has("key"));
        assert!(!format!("{settings:?}").contains("hunter2"));
    }

    #[test]
    fn the_operators_key_is_long_and_never_told() {
        let long = "0123456789abcdef".repeat(2);
        let key = with_file(&format!("[operator]\nkey = '{long}'"), Overrides::default()).unwrap().operator_key.unwrap();
        assert!(key.is(long.as_bytes()) && !key.is(&long.as_bytes()[1..]) && !key.is(b""));
        assert!(!format!("{key:?}").contains("0123"));
        assert!(with_file("[operator]", Overrides::default()).unwrap().operator_key.is_none());
        let told = |file: &str| match with_file(file, Overrides::default()) {
            Err(SettingsError::Invalid { source, .. }) => source.to_string(),
            other => panic!("{other:?}"),
        };
        for value in ["'hunter2'", "''", "'hunter2 hunter2 hunter2 hunter2 hunter2'", "['hunter2']", "7", "'hunter2"] {
            for file in [format!("[operator]\nkey = {value}"), format!("operator.key = {value}"), format!("operator = {{ key = {value} }}")]
            {
                assert!(!told(&file).contains("hunter2"), "{}", told(&file));
            }
        }
        assert!(told("[operator]\nkey = 'short'").contains("at least 32 visible ASCII characters"));
    }

    #[test]
    fn a_cache_among_the_plugins_is_refused() {
        let read = |cache: &str, plugins: &str| {
            with_file(&format!("cache-folder = '{cache}'"), Overrides { plugins_folder: Some(plugins.into()), ..Overrides::default() })
        };
        let here = std::env::current_dir().unwrap();
        let whole = here.join("plugins/cache").display().to_string();
        for (cache, plugins) in [
            ("plugins", "plugins"),
            ("./plugins/", "plugins"),
            ("a/../plugins/b/c", "./plugins"),
            (&whole, "plugins"),
            ("cache", "."),
            ("/c", "/.."),
        ] {
            let error = read(cache, plugins).expect_err(cache);
            let said = error.to_string();
            assert!(matches!(error, SettingsError::CacheAmongPlugins { .. }), "{cache} {plugins}: {said}");
            assert!(["`cache-folder`", "`plugins-folder`", "elsewhere", cache].iter().all(|part| said.contains(part)), "{said}");
        }
        for (cache, plugins) in
            [("plugins-cache", "plugins"), ("plugins/../cache", "plugins"), ("cache", "cache/plugins"), ("../plugins", "plugins")]
        {
            assert_eq!(read(cache, plugins).unwrap().cache_folder, Some(cache.into()), "{plugins}");
        }
        assert!(matches!(with_file("cache-folder = 'plugins/cache'", Overrides::default()), Err(SettingsError::CacheAmongPlugins { .. })));
    }

    #[test]
    fn a_named_file_that_is_not_there_is_an_error() {
        let overrides = Overrides { config: Some("/nonexistent/tenon.toml".into()), ..Overrides::default() };
        assert!(matches!(Settings::read(overrides), Err(SettingsError::Unreadable { .. })));
    }
}
