//! Light stemmers of our own: they take off what stands alone in other languages (articles, prepositions,
//! postpositions), never so much that too little is left.

/// Longest first.
const KOREAN: &str = "이었습니다 였습니다 했습니다 합니다 입니다 이었다 에서는 에서의 으로는 \
    으로서 으로써 이라는 이라고 인가요 있나요 에게서 까지의 부터의 하였다 \
    했다 한다 였다 하는 했던 하여 되는 되어 된다 됐다 라는 라고 에는 \
    에도 에서 에게 으로 로는 로서 로써 까지 부터 처럼 보다 만의 이나 \
    이며 이고 이다 들의 들은 들이 들을 과의 와의 인지 이란 은 는 이 가 \
    을 를 의 에 와 과 도 로 만 나 들 며 고 인 란 한 된 할 될 해";

/// Particles that Hebrew writes together with the next word: and, the, in, to, from, that, as.
pub(super) fn hebrew(word: &str) -> &str {
    const PARTICLES: &[char] = &['ו', 'ה', 'ב', 'ל', 'מ', 'ש', 'כ'];
    let mut rest = word;
    // As long as one may be there: the same is left, with whichever of them a word stands.
    while let Some(first) = rest.chars().next()
        && PARTICLES.contains(&first)
        && rest.chars().count() > 4
    {
        rest = rest.strip_prefix(first).unwrap_or_default();
    }
    rest
}

/// Takes off the longest of the endings, which stand longest first, that leaves at least `least` characters.
fn strip<'w, 'e>(
    word: &'w str,
    endings: impl IntoIterator<Item = &'e str>,
    least: usize,
) -> &'w str {
    let strip =
        |ending: &str| word.strip_suffix(ending).filter(|rest| rest.chars().count() >= least);
    endings.into_iter().find_map(strip).unwrap_or(word)
}

/// Korean postpositions (josa), the plural, and endings of the copula and of `하다`.
pub(super) fn korean(word: &str) -> &str {
    strip(word, KOREAN.split(' '), 2)
}

/// Bengali case endings, the plural and the article behind nouns.
pub(super) fn bengali(word: &str) -> &str {
    const ENDINGS: &[&str] = &[
        "গুলোর",
        "গুলির",
        "গুলো",
        "গুলি",
        "দেরকে",
        "টিকে",
        "টির",
        "টিতে",
        "টার",
        "টাকে",
        "দের",
        "েরা",
        "রা",
        "টি",
        "টা",
        "কে",
        "তে",
        "ের",
        "য়ের",
        "য়",
        "ে",
        "র",
        "ই",
        "ও",
    ];
    strip(word, ENDINGS.iter().copied(), 3)
}

/// Telugu case endings and the plural.
pub(super) fn telugu(word: &str) -> &str {
    const ENDINGS: &[&str] = &[
        "లలోని",
        "లలో",
        "లోని",
        "లతో",
        "లకు",
        "లను",
        "లపై",
        "లోకి",
        "లో",
        "తో",
        "కు",
        "కి",
        "ను",
        "ని",
        "పై",
        "లు",
        "ల",
        "గా",
        "కై",
        "యొక్క",
    ];
    strip(word, ENDINGS.iter().copied(), 3)
}
