//! What a view keeps, and what readers and batches see of it.

use super::*;

#[derive(Debug)]
enum Here {}

const WORDS: Table<Here, (String, u64), String> = Table::new(1, "words");
const OTHER: Table<Here, u64, Vec<u8>> = Table::new(2, "other");

fn view() -> (tempfile::TempDir, Arc<View>) {
    let dir = tempfile::tempdir().unwrap();
    let view = View::open(dir.path(), 1 << 20).unwrap();
    (dir, Arc::new(view))
}

#[test]
fn a_batch_reads_its_own_writes_and_nobody_else_does_until_it_is_applied() {
    let (_dir, view) = view();
    let reader = view.reader::<Here>();
    let key = ("a".to_owned(), 1);
    let mut batch = view.batch();
    batch.put(&WORDS, &key, &"one".to_owned()).unwrap();
    assert_eq!(batch.get(&WORDS, &key).unwrap().as_deref(), Some("one"));
    assert_eq!(reader.get(&WORDS, &key).unwrap(), None);
    batch.apply(|| ()).unwrap();
    assert_eq!(reader.get(&WORDS, &key).unwrap().as_deref(), Some("one"));
}

#[test]
fn what_is_supposed_is_seen_by_who_supposes_it_alone() {
    let (_dir, view) = view();
    let key = |word: &str, number| (word.to_owned(), number);
    let mut batch = view.batch();
    for number in 1..=4 {
        batch.put(&WORDS, &key("a", number), &format!("a{number}")).unwrap();
    }
    batch.apply(|| ()).unwrap();
    let mut batch = view.batch();
    batch.put(&WORDS, &key("a", 2), &"other".to_owned()).unwrap();
    batch.put(&WORDS, &key("a", 5), &"new".to_owned()).unwrap();
    batch.remove(&WORDS, &key("a", 3));
    let supposing = view.supposing::<Here>(batch.unapplied());
    let all = |reader: &Reader<Here>, after: Option<(String, u64)>| {
        let rows = reader.scan(&WORDS, &"a".to_owned(), after.as_ref());
        rows.map(|row| row.unwrap().1).collect::<Vec<_>>()
    };
    assert_eq!(all(&supposing, None), ["a1", "other", "a4", "new"]);
    assert_eq!(all(&supposing, Some(key("a", 2))), ["a4", "new"]);
    assert_eq!(supposing.get(&WORDS, &key("a", 3)).unwrap(), None);
    assert_eq!(supposing.get(&WORDS, &key("a", 2)).unwrap().as_deref(), Some("other"));
    assert_eq!(all(&view.reader(), None), ["a1", "a2", "a3", "a4"]);
}

#[test]
fn a_scan_gives_the_rows_under_a_prefix_after_a_key() {
    let (_dir, view) = view();
    let mut batch = view.batch();
    for (word, number) in [("a", 1), ("a", 2), ("a", 3), ("b", 1)] {
        batch.put(&WORDS, &(word.to_owned(), number), &format!("{word}{number}")).unwrap();
    }
    batch.put(&OTHER, &1, &vec![1]).unwrap();
    batch.apply(|| ()).unwrap();
    let reader = view.reader::<Here>();
    let after = ("a".to_owned(), 1);
    let rows: Vec<_> =
        reader.scan(&WORDS, &"a".to_owned(), Some(&after)).map(|row| row.unwrap().1).collect();
    assert_eq!(rows, ["a2", "a3"]);
    let mut batch = view.batch();
    batch.remove(&WORDS, &("a".to_owned(), 2));
    batch.put(&WORDS, &("a".to_owned(), 9), &"a9".to_owned()).unwrap();
    let rows: Vec<_> =
        batch.scan(&WORDS, &"a".to_owned()).unwrap().into_iter().map(|row| row.1).collect();
    assert_eq!(rows, ["a1", "a3", "a9"]);
}

#[test]
fn a_long_value_reads_back() {
    let (_dir, view) = view();
    // A multiplicative generator: bytes that compression cannot shorten.
    let noise = |seed: u64| {
        let mut state = seed;
        std::iter::repeat_with(move || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        })
    };
    for length in [0, 1, 200, 201, 399, 400, 300_000] {
        let value: Vec<u8> = noise(7).take(length).collect();
        let mut batch = view.batch();
        batch.put(&OTHER, &1, &value).unwrap();
        batch.apply(|| ()).unwrap();
        assert_eq!(view.reader::<Here>().get(&OTHER, &1).unwrap(), Some(value));
    }
}

#[test]
fn a_second_opening_of_the_same_folder_is_refused() {
    let (dir, _view) = view();
    assert_eq!(
        View::open(dir.path(), 1 << 20).unwrap_err(),
        ViewError::AlreadyOpen(dir.path().to_owned())
    );
}

#[test]
fn half_a_value_behind_the_last_batch_is_written_over() {
    let (dir, view) = view();
    let put = |view: &Arc<View>, number: u64, value: &Vec<u8>| {
        let mut batch = view.batch();
        batch.put(&OTHER, &number, value).unwrap();
        batch.apply(|| ()).unwrap();
    };
    let long = |byte: u8| -> Vec<u8> {
        (0..500_u32).flat_map(|at| [byte, at.wrapping_mul(at).to_be_bytes()[2]]).collect()
    };
    put(&view, 1, &long(1));
    drop(view);
    let heap = fs::read(dir.path().join("heap")).unwrap();
    fs::write(dir.path().join("heap"), [heap, vec![7; 100]].concat()).unwrap();
    for number in 2..4 {
        // sled's own threads let go of the files a moment after the database is dropped.
        let view = loop {
            match View::open(dir.path(), 1 << 20) {
                Err(ViewError::AlreadyOpen(_)) => std::thread::yield_now(),
                opened => break Arc::new(opened.unwrap()),
            }
        };
        put(&view, number, &long(2));
        assert_eq!(view.reader::<Here>().get(&OTHER, &1).unwrap(), Some(long(1)));
        assert_eq!(view.reader::<Here>().get(&OTHER, &number).unwrap(), Some(long(2)));
    }
}
