//! The content types that Beacon comes with, compiled into the program.

use crate::id::TypeName;

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../../schemas/", $name, ".json")))),*]
    };
}

/// The shipped types with their schema files, by name.
pub fn shipped() -> Vec<(TypeName, &'static str)> {
    let files = files![
        "audience",
        "concern",
        "faq",
        "guidance",
        "notice",
        "organisation",
        "page",
        "redirect",
        "route",
        "statistic",
        "topic",
    ];
    files.into_iter().filter_map(|(name, file)| Some((TypeName::parse(name).ok()?, file))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content_type::{ContentType, unknown_types};

    fn all() -> Vec<ContentType> {
        let parse = |(_, file): (TypeName, &str)| ContentType::parse(&serde_json::from_str(file).unwrap()).unwrap();
        shipped().into_iter().map(parse).collect()
    }

    #[test]
    fn every_file_of_the_schemas_folder_is_shipped_under_its_own_name() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas");
        let mut files: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .filter_map(|file| file.strip_suffix(".json").map(str::to_owned))
            .collect();
        files.sort();
        let names: Vec<_> = shipped().iter().map(|(name, _)| name.to_string()).collect();
        assert_eq!(names, files);
        assert_eq!(all().iter().map(|kind| kind.name().to_string()).collect::<Vec<_>>(), names);
    }

    #[test]
    fn shipped_types_refer_to_shipped_types_alone() {
        assert_eq!(unknown_types(&all()), []);
    }
}
