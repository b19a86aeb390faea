//! Content to measure with: always the same for the same size, and of no meaning.
//!
//! Entries of guidance in eight locales with topics, audiences, embeds of routes and of each other, and a
//! body of Markdown. What they refer to comes first.

use std::{
    fmt::Write as _,
    io::{self, BufRead, BufReader, Read},
};

use cms_core::commands::import::Lines;
use serde_json::{Value, json};

/// The locales; the first is the source.
pub(super) const LOCALES: [&str; 8] = ["en", "fr", "es", "de", "tr", "ar", "ja", "th"];
/// How many topics there are.
pub(super) const TOPICS: u64 = 64;
const AUDIENCES: u64 = 6;
const ROUTES: u64 = 8;

/// What to make.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    /// Entries of guidance, each in all locales.
    pub(super) entries: u64,
    /// Bytes of Markdown in each body.
    pub(super) body: usize,
    /// Which state of them: another number gives other texts to the same entries.
    pub(super) round: u64,
}

impl Plan {
    /// A plan of about so many published revisions.
    pub(super) fn of(revisions: u64, body: usize, round: u64) -> Self {
        let locales = LOCALES.len() as u64;
        let others = (TOPICS + AUDIENCES + ROUTES) * locales;
        Self { entries: revisions.saturating_sub(others).div_ceil(locales).max(1), body, round }
    }

    /// Lines that it has: one for each revision.
    pub(super) fn lines(&self) -> u64 {
        (TOPICS + AUDIENCES + ROUTES + self.entries) * LOCALES.len() as u64
    }

    /// The line of this number, from 0.
    fn line(&self, number: u64) -> Option<Value> {
        let locales = LOCALES.len() as u64;
        let locale = usize::try_from(number % locales).ok().and_then(|at| LOCALES.get(at))?;
        let entry = number / locales;
        let (kind, at) = match entry {
            _ if entry < TOPICS => ("topic", entry),
            _ if entry < TOPICS + AUDIENCES => ("audience", entry - TOPICS),
            _ if entry < TOPICS + AUDIENCES + ROUTES => ("route", entry - TOPICS - AUDIENCES),
            _ => ("guidance", entry - TOPICS - AUDIENCES - ROUTES),
        };
        if kind == "guidance" && at >= self.entries {
            return None;
        }
        let (shared, fields) = match kind {
            "topic" | "audience" => {
                (json!({"position": at}), json!({"title": title(kind, at, locale)}))
            }
            "route" => (
                route(at),
                json!({"title": title(kind, at, locale), "summary": text(at, locale, 120)}),
            ),
            _ => (shared(at), self.guidance(at, locale)),
        };
        let minute = mixed(at, 7) % (3 * 365 * 24 * 60);
        let (day, hour) = (minute / 1_440, minute / 60 % 24);
        Some(json!({
            "type": kind, "key": key(kind, at), "source_locale": "en", "locale": locale,
            "status": "published", "slug": slug(kind, at, locale), "shared": shared, "fields": fields,
            "updated_at": format!("{}-{:02}-{:02}T{hour:02}:{:02}:00Z", 2023 + day / 365, day % 365 / 31 + 1,
                day % 28 + 1, minute % 60),
        }))
    }

    fn guidance(&self, at: u64, locale: &str) -> Value {
        let round = if self.round == 0 { String::new() } else { format!(" ({})", self.round) };
        json!({
            "title": title("guidance", at, locale) + &round,
            "summary": text(mixed(at, self.round), locale, 160),
            "body": self.markdown(at, locale),
        })
    }

    /// Sections with paragraphs, a list, and a link or, in two of them, an embed.
    fn markdown(&self, at: u64, locale: &str) -> String {
        let mut out = String::with_capacity(self.body + 512);
        let mut section = 0;
        while out.len() < self.body {
            let seed = mixed(at * 31 + section, self.round + 11);
            let _ =
                write!(out, "## {}\n\n{}\n\n", text(seed, locale, 30), text(seed + 1, locale, 420));
            let _ = write!(
                out,
                "- {}\n- **{}**\n\n",
                text(seed + 2, locale, 60),
                text(seed + 3, locale, 40)
            );
            let _ = match section {
                0 => write!(out, "{{{{route:{}.call}}}}\n\n", key("route", seed % ROUTES)),
                2 => write!(out, "{{{{entry:{}}}}}\n\n", key("topic", seed % TOPICS)),
                _ => {
                    let text = text(seed + 4, locale, 20);
                    write!(out, "[{text}](https://example.org/{})\n\n", seed % 97)
                }
            };
            section += 1;
        }
        let end = (0..=self.body).rev().find(|at| out.is_char_boundary(*at)).unwrap_or(0);
        // What was cut in the middle of a token must not stay as half a token.
        let whole = out.get(..end).unwrap_or_default();
        whole
            .rsplit_once("{{")
            .filter(|(_, tail)| !tail.contains("}}"))
            .map_or(whole, |(head, _)| head)
            .to_owned()
    }
}

/// Every other topic is half as frequent as the one before it; another one is any.
fn shared(at: u64) -> Value {
    let common = u64::from(mixed(at, 2).trailing_zeros().min(9));
    let any = 10 + mixed(at, 3) % (TOPICS - 10);
    json!({
        "topics": [reference("topic", common), reference("topic", any)],
        "audiences": [reference("audience", mixed(at, 4) % AUDIENCES)],
        "age_min": mixed(at, 5) % 18,
    })
}

fn route(at: u64) -> Value {
    json!({
        "operator": {"kind": "child_helpline"},
        "covers": {"countries": ["GB"]},
        "channels": [{"id": "call", "kind": "phone", "value": format!("01632 9600{at:02}"),
            "dial_from": "domestic", "languages": ["en"], "sign_languages": [], "interpreter": "none",
            "hours": {"tz": "Europe/London", "rule": "24/7"}, "cost": "free", "shows_on_bill": "no"}],
        "urgency": "hours",
        "identity": "anonymous_ok",
        "confidentiality": {"may_use_ip_or_phone": "no", "recorded": "no"},
        "accepts_imagery": "never",
        "sources": [{"url": "https://helpline.example/", "accessed": "2026-10-05"}],
        "assured": {"date": "2026-10-05", "by": "A bench", "method": "called"},
        "weight": 10,
    })
}

fn reference(kind: &str, at: u64) -> String {
    format!("key:{}", key(kind, at))
}

/// The key of an entry.
pub(super) fn key(kind: &str, at: u64) -> String {
    format!("{kind}-{at}")
}

/// The slug of an entry in a locale.
pub(super) fn slug(kind: &str, at: u64, locale: &str) -> String {
    format!("{kind}-{at}-{locale}")
}

fn title(kind: &str, at: u64, locale: &str) -> String {
    format!("{} {kind} {at}", text(mixed(at, 8), locale, 24))
}

/// Words of a locale, about so many bytes.
fn text(seed: u64, locale: &str, bytes: usize) -> String {
    let words: Vec<&str> = words(locale).split(' ').collect();
    let mut state = mixed(seed, 9);
    let mut out = String::with_capacity(bytes + 32);
    while out.len() < bytes {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        if !out.is_empty() {
            out.push(' ');
        }
        let at = usize::try_from(state >> 33).unwrap_or(0) % words.len().max(1);
        out.push_str(words.get(at).copied().unwrap_or_default());
    }
    out
}

/// A number that looks random and is always the same.
pub(super) fn mixed(number: u64, salt: u64) -> u64 {
    let mut mixed = number.wrapping_add(salt << 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed ^ (mixed >> 27)
}

fn words(locale: &str) -> &'static str {
    match locale {
        "fr" => {
            "parler signaler enfant adulte confiance image compte bloquer message conseil aide école parent \
            preuve ligne secret demander police ami jeu"
        }
        "es" => {
            "hablar denunciar menor adulto confianza imagen cuenta bloquear mensaje consejo ayuda escuela \
            familia prueba línea secreto pedir policía amigo juego"
        }
        "de" => {
            "sprechen melden Kind Erwachsene Vertrauen Bild Konto blockieren Nachricht Rat Hilfe Schule \
            Eltern Beweis Leitung Geheimnis fragen Polizei Freund Spiel"
        }
        "tr" => {
            "konuşmak bildirmek çocuk yetişkin güven görüntü hesap engellemek mesaj öneri yardım okul \
            aile kanıt hat sır sormak polis arkadaş oyun"
        }
        "ar" => {
            "تحدث أبلغ طفل بالغ ثقة صورة حساب حظر رسالة نصيحة مساعدة مدرسة أسرة دليل خط سر اطلب شرطة صديق لعبة"
        }
        "ja" => {
            "話す 通報 子ども 大人 信頼 画像 アカウント ブロック メッセージ 助言 支援 学校 家族 証拠 電話 秘密 頼む 警察 友だち ゲーム"
        }
        "th" => {
            "พูดคุย รายงาน เด็ก ผู้ใหญ่ ไว้ใจ ภาพ บัญชี บล็อก ข้อความ คำแนะนำ ช่วยเหลือ โรงเรียน ครอบครัว หลักฐาน สาย \
            ความลับ ขอ ตำรวจ เพื่อน เกม"
        }
        _ => {
            "talk report child adult trust image account block message advice help school parent evidence line \
            secret ask police friend game"
        }
    }
}

impl Lines for Plan {
    fn open(&mut self) -> io::Result<Box<dyn BufRead + Send>> {
        let made = Made { plan: *self, next: 0, line: Vec::new(), at: 0 };
        Ok(Box::new(BufReader::with_capacity(64 << 10, made)))
    }
}

/// The lines of a plan, made as they are read.
struct Made {
    plan: Plan,
    next: u64,
    line: Vec<u8>,
    at: usize,
}

impl Read for Made {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.at == self.line.len() {
            let Some(line) = self.plan.line(self.next) else { return Ok(0) };
            self.line = line.to_string().into_bytes();
            self.line.push(b'\n');
            (self.at, self.next) = (0, self.next + 1);
        }
        let mut rest = self.line.get(self.at..).unwrap_or_default();
        let read = rest.read(out)?;
        self.at += read;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_gives_as_many_lines_as_it_says_and_other_texts_in_another_round() {
        let mut plan = Plan::of(1_000, 2_000, 0);
        let lines: Vec<_> = plan.open().unwrap().lines().map(Result::unwrap).collect();
        assert_eq!(lines.len() as u64, plan.lines());
        assert_eq!(plan.lines(), 1_000);
        let mut later = Plan { round: 1, ..plan };
        let other: Vec<_> = later.open().unwrap().lines().map(Result::unwrap).collect();
        let changed = lines.iter().zip(&other).filter(|(before, after)| before != after).count();
        assert_eq!(changed as u64, plan.entries * LOCALES.len() as u64);
    }

    #[test]
    fn a_body_has_the_length_asked_for_and_no_half_an_embed() {
        for at in 0..200 {
            let plan = Plan { entries: 1, body: 700 + usize::try_from(at).unwrap(), round: 0 };
            let body = plan.markdown(at, "ja");
            assert!(body.len() <= plan.body && body.len() + 60 > plan.body, "{}", body.len());
            assert_eq!(body.matches("{{").count(), body.matches("}}").count());
        }
    }
}
