//! Blobs: ranges, streams, tampering, orphans.

use bytes::Bytes;
use futures::TryStreamExt;
use store::{BlobId, Error, for_each_engine};

use crate::{WHO, email, with_inbox};

const DAY: i64 = 86_400_000;

fn content(size: usize) -> Bytes {
    (0..size).map(|at| (at * 31 % 251) as u8).collect::<Vec<_>>().into()
}

for_each_engine!(ranges_are_the_same_octets, |store| async move {
    let (account, _) = with_inbox(&store).await;
    for size in [0, 1, 65_535, 65_536, 65_537, 131_072, 300_001] {
        let plain = content(size);
        let id = store.blob_put(account, plain.clone()).await.unwrap();
        assert_eq!(store.blob_put(account, plain.clone()).await.unwrap(), id);
        assert_eq!(id.to_string().parse::<BlobId>().unwrap(), id);
        assert_eq!(store.blob_size(account, &id).await.unwrap(), size as u64);
        assert_eq!(store.blob_read(account, &id, None).await.unwrap(), plain);
        for (start, end) in [(0, 10), (65_530, 65_540), (65_536, 65_537), (100_000, 250_000), (299_000, 400_000), (5, 2)] {
            let expected = plain.get(start.min(size)..end.min(size)).unwrap_or_default();
            let found = store.blob_read(account, &id, Some(start as u64..end as u64)).await.unwrap();
            assert_eq!(found, expected, "{size} {start} {end}");
        }
        let pieces: Vec<Bytes> = store.blob_stream(account, &id, None).await.unwrap().try_collect().await.unwrap();
        assert_eq!(pieces.concat(), plain);
    }
    let other = crate::account(&store, "x@y.example").await;
    let id = store.blob_put(account, content(10)).await.unwrap();
    assert_ne!(store.blob_put(other, content(10)).await.unwrap(), id);
    let foreign = BlobId([9; 20]);
    assert!(matches!(store.blob_read(account, &foreign, None).await, Err(Error::NotFound)));
});

fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

for_each_engine!(a_changed_file_does_not_open, |store| async move {
    let (account, _) = with_inbox(&store).await;
    let id = store.blob_put(account, content(200_000)).await.unwrap();
    let file = files(&store.dir.path().join("blobs")).remove(0);
    let mut octets = std::fs::read(&file).unwrap();
    // The first two chunks change places.
    let (a, b) = octets.split_at_mut(65_552);
    a.swap_with_slice(&mut b[..65_552]);
    std::fs::write(&file, octets).unwrap();
    assert!(matches!(store.blob_read(account, &id, None).await, Err(Error::Corrupt(_))));
    assert!(store.blob_read(account, &id, Some(140_000..150_000)).await.is_ok());
});

for_each_engine!(orphans_are_collected_and_nothing_else, |store| async move {
    let (account, inbox) = with_inbox(&store).await;
    let mut kept = email(inbox, store.now(), "1@x", "a", "b");
    kept.raw = content(100_000);
    let kept = store.email_insert(WHO, account, kept).await.unwrap();
    let lost = store.blob_put(account, content(70_000)).await.unwrap();
    let small = store.blob_put(account, content(70)).await.unwrap();
    let uploaded = store.blob_put(account, content(80)).await.unwrap();
    store.upload_record(account, uploaded, "text/plain", store.now() + 3 * DAY).await.unwrap();
    assert_eq!(store.upload(account, uploaded).await.unwrap().unwrap().kind, "text/plain");
    assert_eq!(store.collect_orphans(store.now() - DAY).await.unwrap(), 0);
    store.clock.advance_ms(2 * DAY);
    // The file of a write that never came to its transaction.
    let folder = store.dir.path().join("blobs").join(account.to_string()).join("00");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(BlobId([0; 20]).to_string()), b"left").unwrap();
    assert_eq!(store.collect_orphans(store.now() - DAY).await.unwrap(), 3);
    assert!(matches!(store.blob_read(account, &lost, None).await, Err(Error::NotFound)));
    assert!(matches!(store.blob_read(account, &small, None).await, Err(Error::NotFound)));
    assert!(store.blob_read(account, &uploaded, None).await.is_ok());
    assert!(store.blob_read(account, &kept.blob, None).await.is_ok());
    assert_eq!(files(&store.dir.path().join("blobs")).len(), 1);
    store.emails_destroy(WHO, account, vec![kept.id]).await.unwrap();
    store.clock.advance_ms(2 * DAY);
    assert_eq!(store.collect_orphans(store.now() - DAY).await.unwrap(), 2);
});
