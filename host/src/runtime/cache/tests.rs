use std::fs::File;

use super::*;

fn engine() -> Engine {
    let mut config = wasmtime::Config::new();
    config.concurrency_support(false);
    Engine::new(&config).unwrap()
}

fn open() -> (tempfile::TempDir, Cache) {
    let directory = tempfile::tempdir().unwrap();
    let cache = Cache::open(&directory.path().join("a/b"), &engine()).unwrap();
    (directory, cache)
}

#[test]
fn gives_back_what_was_written_to_whoever_opens_it_again() {
    let (_keep, cache) = open();
    let hash = ContentHash::of(b"wasm");
    assert_eq!(cache.read(hash), None);
    cache.write(hash, b"code");
    assert_eq!(cache.read(hash).as_deref(), Some(&b"code"[..]));
    let again = Cache::open(&cache.directory, &engine()).unwrap();
    assert_eq!(again.read(hash).as_deref(), Some(&b"code"[..]));
    assert_eq!(again.read(ContentHash::of(b"other")), None);
}

#[test]
fn a_flipped_bit_anywhere_counts_as_absent() {
    let (_keep, cache) = open();
    let hash = ContentHash::of(b"wasm");
    cache.write(hash, b"code of some length");
    let whole = fs::read(cache.path(hash)).unwrap();
    for at in 0..whole.len() {
        let mut content = whole.clone();
        content[at] ^= 1;
        fs::write(cache.path(hash), content).unwrap();
        assert_eq!(cache.read(hash), None, "byte {at}");
    }
    for length in 0..whole.len() {
        fs::write(cache.path(hash), &whole[..length]).unwrap();
        assert_eq!(cache.read(hash), None, "{length} bytes");
    }
    fs::write(cache.path(hash), &whole).unwrap();
    assert!(cache.read(hash).is_some());
}

#[test]
fn an_entry_sealed_with_another_key_counts_as_absent() {
    let ((_keep, cache), (_other_keep, other)) = (open(), open());
    let hash = ContentHash::of(b"wasm");
    other.write(hash, b"planted");
    fs::copy(other.path(hash), cache.path(hash)).unwrap();
    assert_eq!(cache.read(hash), None);
}

#[test]
fn an_entry_under_another_components_name_counts_as_absent() {
    let (_keep, cache) = open();
    let (a, b) = (ContentHash::of(b"a"), ContentHash::of(b"b"));
    cache.write(a, b"code of a");
    fs::rename(cache.path(a), cache.path(b)).unwrap();
    assert_eq!(cache.read(b), None);
}

#[test]
fn another_engine_has_entries_of_its_own() {
    let (_keep, cache) = open();
    let mut config = wasmtime::Config::new();
    config.concurrency_support(false).epoch_interruption(true);
    let other = Cache::open(&cache.directory, &Engine::new(&config).unwrap()).unwrap();
    let hash = ContentHash::of(b"wasm");
    cache.write(hash, b"code");
    assert_ne!(cache.path(hash), other.path(hash));
    assert_eq!(other.read(hash), None);
}

#[test]
fn who_makes_a_key_after_another_has_the_others() {
    let directory = tempfile::tempdir().unwrap();
    let ours = fs::metadata(directory.path()).unwrap();
    let key = make_key(directory.path(), &ours).unwrap();
    assert_eq!(make_key(directory.path(), &ours).unwrap(), key);
}

#[test]
fn a_damaged_key_is_replaced_and_ends_the_old_entries() {
    let (_keep, cache) = open();
    let hash = ContentHash::of(b"wasm");
    cache.write(hash, b"code");
    fs::write(cache.directory.join(KEY_FILE), b"short").unwrap();
    let again = Cache::open(&cache.directory, &engine()).unwrap();
    assert_eq!(again.read(hash), None);
    again.write(hash, b"code");
    assert!(again.read(hash).is_some());
}

#[test]
fn a_key_that_merely_cannot_be_read_stays() {
    let (_keep, cache) = open();
    let key = cache.directory.join(KEY_FILE);
    // As where the process has too many files open.
    let renewed = renew_key(&cache.directory, &cache.ours, io::Error::other("too many open files"));
    assert!(renewed.unwrap_err().to_string().contains("its key cannot be read: too many open files"));
    assert_eq!(fs::read(&key).unwrap(), cache.key);
    let doubtful = io::Error::new(io::ErrorKind::InvalidData, "it has not 32 bytes");
    let renewed = renew_key(&cache.directory, &cache.ours, doubtful).unwrap();
    assert_ne!(renewed, cache.key);
    assert_eq!(fs::read(&key).unwrap(), renewed);
}

#[test]
fn it_is_looked_what_is_there_when_much_was_written() {
    let (_keep, mut cache) = open();
    cache.most_bytes = 16_000;
    let hash = |n: u8| ContentHash::of(&[n]);
    cache.write(hash(0), b"code");
    fs::write(cache.path(hash(1)), [0; 20_000]).unwrap();
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(60);
    File::options().write(true).open(cache.path(hash(1))).unwrap().set_modified(old).unwrap();
    cache.write(hash(2), &[0; 500]);
    assert!(cache.path(hash(1)).exists());
    // Code and proofs count together.
    cache.of_proofs().write(hash(3), &[0; 500]);
    assert!(!cache.path(hash(1)).exists() && cache.path(hash(2)).exists());
}

#[test]
fn the_oldest_entries_go_first_when_all_are_too_large() {
    let (_keep, mut cache) = open();
    cache.most_bytes = 4_000;
    let hash = |n: u8| ContentHash::of(&[n]);
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(3600);
    for n in 0..4 {
        fs::write(cache.path(hash(n)), [0; 900]).unwrap();
        let file = File::options().write(true).open(cache.path(hash(n))).unwrap();
        file.set_modified(old + std::time::Duration::from_secs(n.into())).unwrap();
    }
    cache.write(hash(4), &[1; 1_000]);
    let kept: Vec<u8> = (0..5).filter(|n| cache.path(hash(*n)).exists()).collect();
    assert_eq!(kept, [1, 2, 3, 4]);
    assert_eq!(cache.read(hash(4)).unwrap(), [1; 1_000]);
}

#[test]
fn code_and_proofs_share_one_limit() {
    let (_keep, mut cache) = open();
    cache.most_bytes = 2_000;
    let hash = ContentHash::of(b"wasm");
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(60);
    fs::write(cache.path(hash), [0; 1_500]).unwrap();
    File::options().write(true).open(cache.path(hash)).unwrap().set_modified(old).unwrap();
    cache.of_proofs().write(hash, &[1; 1_000]);
    assert!(!cache.path(hash).exists());
    assert_eq!(cache.of_proofs().read(hash).unwrap(), [1; 1_000]);
}

#[test]
fn what_a_process_left_that_was_killed_goes_and_what_is_being_written_stays() {
    let (_keep, cache) = open();
    let (left, fresh) = (cache.directory.join(".tmpLeft01"), cache.directory.join(".tmpFresh1"));
    for file in [&left, &fresh] {
        fs::write(file, [0; 900]).unwrap();
    }
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(2 * 60 * 60);
    File::options().write(true).open(&left).unwrap().set_modified(old).unwrap();
    cache.write(ContentHash::of(b"wasm"), b"code");
    assert_eq!((left.exists(), fresh.exists()), (false, true));
}

#[test]
fn a_directory_that_cannot_be_written_is_not_an_error_of_the_writer() {
    let (keep, cache) = open();
    fs::remove_dir_all(keep.path()).unwrap();
    cache.write(ContentHash::of(b"wasm"), b"code");
    assert_eq!(cache.read(ContentHash::of(b"wasm")), None);
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};

    use super::*;

    fn chmod(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn directory_key_and_entries_are_private() {
        let (_keep, cache) = open();
        let hash = ContentHash::of(b"wasm");
        cache.write(hash, b"code");
        let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
        assert_eq!(mode(&cache.directory), 0o700);
        assert_eq!(mode(&cache.directory.join(KEY_FILE)), 0o600);
        assert_eq!(mode(&cache.path(hash)), 0o600);
    }

    #[test]
    fn a_directory_that_others_may_enter_is_not_used() {
        let (_keep, cache) = open();
        for mode in [0o755, 0o770, 0o701] {
            chmod(&cache.directory, mode);
            assert!(Cache::open(&cache.directory, &engine()).is_err(), "{mode:o}");
        }
        chmod(&cache.directory, 0o700);
        let link = cache.directory.with_extension("link");
        symlink(&cache.directory, &link).unwrap();
        assert!(Cache::open(&link, &engine()).is_err());
    }

    #[test]
    fn a_key_that_others_could_have_read_is_replaced() {
        let (_keep, cache) = open();
        let hash = ContentHash::of(b"wasm");
        cache.write(hash, b"code");
        chmod(&cache.directory.join(KEY_FILE), 0o644);
        let again = Cache::open(&cache.directory, &engine()).unwrap();
        assert_ne!(again.key, cache.key);
        assert_eq!(again.read(hash), None);
    }
}
