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

#[test]
fn a_copy_has_the_rows_that_live_and_none_of_what_was_overwritten() {
    let ((_dir, old), (_other, fresh)) = (view(), view());
    let long = |number: u64| -> Vec<u8> {
        (0..5_000_u64).map(|at| ((at * at * (number + 3)) >> 3).to_be_bytes()[7]).collect()
    };
    let put = |number: u64, value: &Vec<u8>| {
        let mut batch = old.batch();
        batch.put(&OTHER, &number, value).unwrap();
        batch.remove(&OTHER, &(number + 1_000));
        batch.apply(|| ()).unwrap();
    };
    for number in 0..2_500 {
        put(number % 1_250, &long(number));
    }
    // What changes during a copy is in it, up to its last moment.
    let last = || {
        put(7, &vec![7]);
        put(8, &long(8));
        Ok::<_, ViewError>(())
    };
    old.copy_to(&fresh, last).unwrap();
    let rows = |view: &Arc<View>| {
        let reader = view.reader::<Here>();
        reader.scan(&OTHER, &(), None).collect::<Result<Vec<_>, _>>().unwrap()
    };
    assert_eq!(rows(&fresh), rows(&old));
    assert_eq!(rows(&fresh).len(), 1_248);
    assert_eq!(fresh.reader::<Here>().get(&OTHER, &7).unwrap(), Some(vec![7]));
    // Each of its values was written twice.
    assert!(fresh.heap.size() * 3 < old.heap.size() * 2);
    put(9, &vec![9]);
    assert_ne!(rows(&fresh), rows(&old), "the copy is over");
}

#[test]
fn a_copy_under_way_takes_in_what_others_change() {
    let ((_dir, old), (_other, fresh)) = (view(), view());
    let put = |from: u64, round: u64| {
        let mut batch = old.batch();
        for number in from..from + 50 {
            batch.put(&OTHER, &number, &vec![u8::try_from(round % 250).unwrap(); 300]).unwrap();
        }
        batch.apply(|| ()).unwrap();
    };
    for from in 0..100 {
        put(from * 50, 0);
    }
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut round = 0;
            while !over.load(Ordering::Relaxed) {
                round += 1;
                put(round * 37 % 4_950, round);
            }
        });
        let copied = old.copy_to(&fresh, || Ok::<_, ViewError>(()));
        over.store(true, Ordering::Relaxed);
        copied.unwrap();
    });
    // A batch is in the copy as a whole or not at all: fifty rows that were written together are alike.
    let reader = fresh.reader::<Here>();
    assert_eq!(reader.scan(&OTHER, &(), None).count(), 5_000);
    assert!(reader.scan(&OTHER, &(), None).all(|row| row.unwrap().1.len() == 300));
}

#[test]
fn a_damaged_row_is_not_copied_and_is_told() {
    use std::os::unix::fs::FileExt as _;
    let ((dir, old), (_other, fresh)) = (view(), view());
    let mut batch = old.batch();
    batch.put(&OTHER, &1, &(0..=255).cycle().take(700).map(|at: u8| at ^ 0x5a).collect()).unwrap();
    batch.apply(|| ()).unwrap();
    let heap = File::options().write(true).open(dir.path().join("heap")).unwrap();
    heap.write_all_at(&[1, 2, 3], 20).unwrap();
    let copied = old.copy_to(&fresh, || Ok::<_, ViewError>(()));
    assert!(matches!(copied, Err(ViewError::Damaged { .. })));
    assert!(old.is_damaged());
}
