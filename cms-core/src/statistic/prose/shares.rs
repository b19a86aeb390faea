//! Numbers up to ten, and what joins two of them to a share, in the eight languages that the system speaks.

/// How a language says that so many of so many do something.
pub(super) struct Shares {
    /// The numbers from one on, each with its forms.
    pub(super) numbers: &'static [&'static [&'static str]],
    /// What stands between the two numbers.
    pub(super) between: &'static [&'static str],
    /// What says that somebody cites somebody.
    pub(super) cited: &'static [&'static str],
}

/// The languages that have a table of their own.
static LANGUAGES: [(&str, Shares); 7] = [
    (
        "de",
        Shares {
            numbers: &[
                &["ein", "eine", "einer", "eines", "eins"],
                &["zwei"],
                &["drei"],
                &["vier"],
                &["fünf"],
                &["sechs"],
                &["sieben"],
                &["acht"],
                &["neun"],
                &["zehn"],
            ],
            between: &["von"],
            cited: &["zitiert", "laut einem bericht über"],
        },
    ),
    (
        "fr",
        Shares {
            numbers: &[
                &["un", "une"],
                &["deux"],
                &["trois"],
                &["quatre"],
                &["cinq"],
                &["six"],
                &["sept"],
                &["huit"],
                &["neuf"],
                &["dix"],
            ],
            between: &["sur"],
            cited: &["cité par", "citée par", "cités par", "citées par"],
        },
    ),
    (
        "es",
        Shares {
            numbers: &[
                &["un", "uno", "una"],
                &["dos"],
                &["tres"],
                &["cuatro"],
                &["cinco"],
                &["seis"],
                &["siete"],
                &["ocho"],
                &["nueve"],
                &["diez"],
            ],
            between: &["de cada"],
            cited: &["citado por", "citada por", "citados por", "citadas por"],
        },
    ),
    (
        "pt",
        Shares {
            numbers: &[
                &["um", "uma"],
                &["dois", "duas"],
                &["três"],
                &["quatro"],
                &["cinco"],
                &["seis"],
                &["sete"],
                &["oito"],
                &["nove"],
                &["dez"],
            ],
            between: &["em cada", "de cada", "a cada"],
            cited: &["citado por", "citada por", "citados por", "citadas por"],
        },
    ),
    (
        "ja",
        Shares {
            numbers: &[
                &["一", "１"],
                &["二"],
                &["三"],
                &["四"],
                &["五"],
                &["六"],
                &["七"],
                &["八"],
                &["九"],
                &["十"],
            ],
            between: &["人に", "人中", "人のうち"],
            cited: &["引用", "孫引き"],
        },
    ),
    (
        "ar",
        Shares {
            numbers: &[
                &["واحد", "واحدة"],
                &["اثنان", "اثنين", "اثنتين"],
                &["ثلاثة", "ثلاث"],
                &["أربعة", "أربع"],
                &["خمسة", "خمس"],
                &["ستة", "ست"],
                &["سبعة", "سبع"],
                &["ثمانية", "ثماني"],
                &["تسعة", "تسع"],
                &["عشرة", "عشر"],
            ],
            between: &["من كل", "من بين كل", "من أصل"],
            cited: &["نقلا عن", "نقلًا عن", "نقلاً عن"],
        },
    ),
    (
        "th",
        Shares {
            numbers: &[
                &["หนึ่ง"],
                &["สอง"],
                &["สาม"],
                &["สี่"],
                &["ห้า"],
                &["หก"],
                &["เจ็ด"],
                &["แปด"],
                &["เก้า"],
                &["สิบ"],
            ],
            between: &["ใน"],
            cited: &["อ้างถึงโดย", "อ้างโดย"],
        },
    ),
];

/// English; and of any other language the digits.
static ENGLISH: Shares = Shares {
    numbers: &[
        &["one"],
        &["two"],
        &["three"],
        &["four"],
        &["five"],
        &["six"],
        &["seven"],
        &["eight"],
        &["nine"],
        &["ten"],
    ],
    between: &["in", "in every", "out of", "out of every", "of every"],
    cited: &["cited by", "cited in", "quoted by", "quoted in", "as reported by"],
};

/// The table of a language.
pub(super) fn shares(language: &str) -> &'static Shares {
    LANGUAGES.iter().find(|(name, _)| *name == language).map_or(&ENGLISH, |(_, shares)| shares)
}
