//! Traditional Chinese characters as simplified ones, so that readers of either find both.
//!
//! The table is `TSCharacters` of `OpenCC` (Apache-2.0, <https://github.com/BYVoid/OpenCC>), the first choice of
//! each line: pairs of a traditional character and its simplified form, in the order of the former.

use std::sync::LazyLock;

static TABLE: LazyLock<Vec<(char, char)>> = LazyLock::new(|| {
    let mut chars = include_str!("data/han.txt").chars().filter(|c| *c != '\n');
    let mut pairs = Vec::new();
    while let (Some(traditional), Some(simplified)) = (chars.next(), chars.next()) {
        pairs.push((traditional, simplified));
    }
    pairs
});

/// The simplified form of a character; itself where it has none.
pub(super) fn simplified(c: char) -> char {
    if c < '\u{3400}' {
        return c;
    }
    let place = TABLE.binary_search_by_key(&c, |(traditional, _)| *traditional);
    place.ok().and_then(|at| TABLE.get(at)).map_or(c, |(_, simplified)| *simplified)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_leads_to_simplified_characters() {
        assert!(TABLE.is_sorted_by(|a, b| a.0 < b.0));
        assert!(TABLE.len() > 3_500);
        let text: String = "網絡釣魚與個人資料".chars().map(simplified).collect();
        assert_eq!(text, "网络钓鱼与个人资料");
        assert!("安全ひらがな".chars().all(|c| simplified(c) == c));
    }
}
