use super::*;
use std::io::Write as _;

const FILES: [(&str, &str); 4] =
    [("r/b/x.yml", "two"), ("r/a.yml", "one"), ("r/b.txt", "other"), ("r/b-c.yml", "three")];

fn zip_of(files: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
    for (name, text) in files {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn tar_of(files: &[(&str, &str)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, text.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn in_file(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "yml")
}

#[test]
fn members_come_in_the_order_of_a_folder_whatever_the_archive() {
    let archives = [
        (zip_of(&FILES), ArchiveKind::Zip),
        (tar_of(&FILES), ArchiveKind::Tar),
        (gzip(&tar_of(&FILES)), ArchiveKind::TarGz),
    ];
    for (bytes, kind) in archives {
        let file = in_file(&bytes);
        assert_eq!(kind_of(file.path()), Some(kind));
        let found = members(file.path(), kind, is_yaml).unwrap();
        let texts = found.wanted.iter().map(|member| {
            let content = member.content.as_ref().unwrap();
            (member.path.as_str(), std::str::from_utf8(content).unwrap())
        });
        assert_eq!(texts.collect::<Vec<_>>(), [("r/a.yml", "one"), ("r/b/x.yml", "two"), ("r/b-c.yml", "three")]);
        assert_eq!((found.others, found.stopped), (1, None));
    }
}

#[test]
fn what_unpacks_to_too_much_is_refused_and_told() {
    let long = "a".repeat(4000);
    let files = [("1.yml", long.as_str()), ("2.yml", "b"), ("3.yml", "c")];
    let limits = |bytes, member, members| ArchiveLimits { bytes, member, members };
    let zipped = |limits: &ArchiveLimits| {
        let file = in_file(&zip_of(&files));
        zipped(File::open(file.path()).unwrap(), limits, is_yaml).unwrap()
    };
    let tarred = |limits: &ArchiveLimits| tarred(gzip_reader(&tar_of(&files)), limits, is_yaml).unwrap();
    for found in [zipped(&limits(1 << 20, 100, 10)), tarred(&limits(1 << 20, 100, 10))] {
        assert!(found.wanted[0].content.as_ref().is_err_and(|why| why.contains("more than 100 bytes")));
        assert!(found.wanted[1].content.is_ok());
        assert_eq!(found.stopped, None);
    }
    for found in [zipped(&limits(1 << 20, 1 << 20, 1)), tarred(&limits(1 << 20, 1 << 20, 1))] {
        assert_eq!(found.wanted.len(), 1);
        assert!(found.stopped.is_some());
    }
    for found in [zipped(&limits(3000, 1 << 20, 10)), tarred(&limits(3000, 1 << 20, 10))] {
        assert!(found.wanted.iter().all(|member| member.content.is_err()), "{found:?}");
        assert!(found.stopped.is_some());
    }
}

fn gzip_reader(bytes: &[u8]) -> impl Read {
    MultiGzDecoder::new(io::Cursor::new(gzip(bytes)))
}

#[test]
fn what_is_no_archive_is_told() {
    let file = in_file(&gzip(b"title: a rule"));
    assert_eq!(kind_of(file.path()), Some(ArchiveKind::TarGz));
    assert!(members(file.path(), ArchiveKind::TarGz, is_yaml).is_err_and(|why| !why.is_empty()));
    let broken = in_file(&zip_of(&FILES)[..40]);
    assert!(members(broken.path(), ArchiveKind::Zip, is_yaml).is_err());
    assert_eq!(kind_of(in_file(b"title: a rule").path()), None);
}
