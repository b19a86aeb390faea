// Writes subtags.txt and names.txt anew. See README.md beside this file.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const packages = process.argv[2] ?? "node_modules";
const read = (...path) => JSON.parse(readFileSync(join(packages, ...path), "utf8"));
const version = (name) => read(name, "package.json").version;

/** Lines of at most 100 characters. */
function wrap(words) {
  const lines = [""];
  for (const word of words) {
    const line = lines.at(-1);
    if (line && line.length + word.length >= 100) lines.push(word);
    else lines[lines.length - 1] = line ? `${line} ${word}` : word;
  }
  return lines.join("\n");
}

// What CLDR's aliases say of the grandfathered tags for which the registry has no preferred value, and of
// the one whose preferred value CLDR replaces again.
const grandfathered = {
  "cel-gaulish": "xtg",
  "i-default": "en-x-i-default",
  "i-enochian": "und-x-i-enochian",
  "i-mingo": "see-x-i-mingo",
  "zh-min": "nan-x-zh-min",
};

function subtags() {
  const name = "language-subtag-registry";
  const registry = read(name, "data/json/registry.json");
  const date = read(name, "data/json/meta.json")["File-Date"];
  const of = (type) => registry.filter((row) => row.Type === type);
  // Ranges ("qaa..qtz") are private use: the code knows them.
  const plain = (type) => wrap(of(type).map((row) => row.Subtag).filter((tag) => !tag.includes("..")).sort());
  const extlangs = of("extlang").map((row) => `${row.Prefix[0]}-${row.Subtag}`).sort();
  const old = of("grandfathered")
    .map((row) => `${row.Tag.toLowerCase()}=${row["Preferred-Value"] ?? grandfathered[row.Tag]}`)
    .sort();
  return `# The IANA language subtag registry of ${date}, subtags only, from the npm package
# ${name} ${version(name)} (CC0 1.0). Made by renew.mjs; not edited by hand.
[language]
${plain("language")}
[extlang]
${wrap(extlangs)}
[script]
${plain("script")}
[region]
${plain("region")}
[variant]
${plain("variant")}
[grandfathered]
${wrap(old)}
`;
}

const cldr = "cldr-localenames-full";

/** One file of a locale's names; empty where CLDR has none. */
function words(tag, file, key) {
  try {
    return read(cldr, "main", tag, file).main[tag].localeDisplayNames[key] ?? {};
  } catch (error) {
    if (error.code === "ENOENT") return {};
    throw error;
  }
}

/** A locale's name in its own language, or nothing where CLDR has none. `folder` is where CLDR keeps its words. */
function ownName(tag, folder = tag) {
  const known = (names, key) => (names[key] !== key ? names[key] : undefined);
  const languages = words(folder, "languages.json", "languages");
  if (known(languages, tag)) return languages[tag];
  const [language, ...rest] = tag.split("-");
  const base = known(languages, language);
  if (!base || rest.length === 0) return base;
  const scripts = words(folder, "scripts.json", "scripts");
  const regions = words(folder, "territories.json", "territories");
  const details = rest.map((subtag) =>
    subtag.length === 4 ? known(scripts, subtag) : (regions[`${subtag}-alt-short`] ?? known(regions, subtag)));
  if (details.some((detail) => !detail)) return undefined;
  const patterns = words(folder, "localeDisplayNames.json", "localeDisplayPattern");
  const fill = (pattern, one, two) => pattern.replace("{0}", one).replace("{1}", two);
  const all = details.reduce((one, two) => fill(patterns.localeSeparator ?? "{0}, {1}", one, two));
  return fill(patterns.localePattern ?? "{0} ({1})", base, all);
}

function names() {
  const table = new Map();
  for (const tag of readdirSync(join(packages, cldr, "main")).sort()) {
    const own = ownName(tag);
    if (own) table.set(tag, own);
    // The region that a language is at home in has no folder: "pt" is Brazil's.
    const home = new Intl.Locale(tag).maximize().region;
    if (tag.includes("-") || !own || !home) continue;
    const athome = ownName(`${tag}-${home}`, tag);
    if (athome) table.set(`${tag}-${home}`, athome);
  }
  // A name that is only its language's adds nothing.
  const useful = [...table].sort(([a], [b]) => (a < b ? -1 : 1))
    .filter(([tag, own]) => !tag.includes("-") || table.get(tag.split("-")[0]) !== own);
  return `# Names of languages in themselves, from CLDR: the npm package ${cldr} ${version(cldr)}
# (Unicode License v3, beside this file). Made by renew.mjs; not edited by hand.
${useful.map((row) => row.join("\t")).join("\n")}
`;
}

writeFileSync(join(here, "subtags.txt"), subtags());
writeFileSync(join(here, "names.txt"), names());
