//! A record of a database of addresses, in any of the layouts that are understood.

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// Longest name that is taken out of a database, in bytes.
const LONGEST: usize = 256;

/// What databases say of an address. What they do not say is missing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GeoFacts {
    /// The continent: `EU`.
    pub continent_code: Option<String>,
    /// The continent in words.
    pub continent_name: Option<String>,
    /// The country, by ISO 3166-1: `NL`.
    pub country_iso_code: Option<String>,
    /// The country in words.
    pub country_name: Option<String>,
    /// The largest part of the country, by ISO 3166-2: `NL-NH`.
    pub region_iso_code: Option<String>,
    /// That part in words.
    pub region_name: Option<String>,
    /// The city.
    pub city_name: Option<String>,
    /// Latitude and longitude in degrees.
    pub location: Option<(f64, f64)>,
    /// The number of the autonomous system.
    pub as_number: Option<i64>,
    /// Who runs it.
    pub as_organization: Option<String>,
}

/// A record. Each vendor fills other parts of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct GeoRecord<'d> {
    #[serde(borrow)]
    continent: GeoPlace<'d>,
    country: GeoPlace<'d>,
    city: GeoPlace<'d>,
    subdivisions: GeoDivisions<'d>,
    location: GeoCoordinates<'d>,
    autonomous_system_number: GeoScalar<'d>,
    autonomous_system_organization: GeoScalar<'d>,
    traits: GeoTraits<'d>,
    // IPinfo's names.
    continent_code: GeoScalar<'d>,
    continent_name: GeoScalar<'d>,
    country_code: GeoScalar<'d>,
    country_name: GeoScalar<'d>,
    region: GeoScalar<'d>,
    asn: GeoScalar<'d>,
    as_name: GeoScalar<'d>,
    lat: GeoScalar<'d>,
    lng: GeoScalar<'d>,
}

/// Of a database that has all in one, what others have at the top.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct GeoTraits<'d> {
    #[serde(borrow)]
    autonomous_system_number: GeoScalar<'d>,
    autonomous_system_organization: GeoScalar<'d>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct GeoCoordinates<'d> {
    #[serde(borrow)]
    latitude: GeoScalar<'d>,
    longitude: GeoScalar<'d>,
}

/// A text or number. Of anything else, nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum GeoScalar<'d> {
    #[default]
    Nothing,
    Text(&'d str),
    Number(f64),
}

impl<'d> GeoScalar<'d> {
    fn text(self) -> Option<&'d str> {
        match self {
            Self::Text(text) => Some(text.trim()).filter(|text| !text.is_empty() && text.len() <= LONGEST),
            Self::Nothing | Self::Number(_) => None,
        }
    }

    fn owned(self) -> Option<String> {
        self.text().map(str::to_owned)
    }

    fn number(self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(number),
            Self::Text(text) => text.trim().parse().ok(),
            Self::Nothing => None,
        }
    }

    /// The number of an autonomous system, `64500` or `AS64500`.
    fn system(self) -> Option<i64> {
        match self {
            #[expect(clippy::cast_possible_truncation, reason = "the numbers have 32 bits")]
            Self::Number(number) if (0.0..=f64::from(u32::MAX)).contains(&number) => Some(number as i64),
            Self::Text(text) => {
                let digits = text.trim().trim_start_matches(['A', 'S', 'a', 's']);
                digits.parse::<u32>().ok().map(i64::from)
            }
            Self::Number(_) | Self::Nothing => None,
        }
    }
}

/// A place: a text, or codes and names by language.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct GeoPlace<'d> {
    flat: GeoScalar<'d>,
    iso_code: GeoScalar<'d>,
    code: GeoScalar<'d>,
    english: GeoScalar<'d>,
}

impl GeoPlace<'_> {
    fn name(self) -> Option<String> {
        self.english.owned()
    }
}

/// The first of a list of places: the largest.
#[derive(Clone, Copy, Debug, Default)]
struct GeoDivisions<'d>(GeoPlace<'d>);

impl GeoRecord<'_> {
    /// Adds what facts lack.
    pub fn add_to(&self, facts: &mut GeoFacts) {
        let put = |fact: &mut Option<String>, values: [Option<String>; 3]| {
            if fact.is_none() {
                *fact = values.into_iter().flatten().next();
            }
        };
        // In a flat layout `country` is a code where there is no other, and else a name; `continent` too.
        let (country, continent) = (self.country.flat.owned(), self.continent.flat.owned());
        let is_code = |text: &String| text.len() == 2;
        let code_of = |text: &Option<String>| text.clone().filter(is_code);
        let name_of = |text: &Option<String>| text.clone().filter(|text| !is_code(text));
        let (continent_code, country_code) = (code_of(&continent), code_of(&country));
        put(&mut facts.continent_code, [self.continent.code.owned(), self.continent_code.owned(), continent_code]);
        put(&mut facts.continent_name, [self.continent.name(), self.continent_name.owned(), name_of(&continent)]);
        put(&mut facts.country_iso_code, [self.country.iso_code.owned(), self.country_code.owned(), country_code]);
        put(&mut facts.country_name, [self.country.name(), self.country_name.owned(), name_of(&country)]);
        let (country, division) = (self.country.iso_code.text(), self.subdivisions.0);
        let region = country.zip(division.iso_code.text()).map(|(country, part)| format!("{country}-{part}"));
        put(&mut facts.region_iso_code, [region, None, None]);
        put(&mut facts.region_name, [division.name(), self.region.owned(), None]);
        put(&mut facts.city_name, [self.city.name(), self.city.flat.owned(), None]);
        let (nested, flat) = ((self.location.latitude, self.location.longitude), (self.lat, self.lng));
        let point = |(latitude, longitude): (GeoScalar<'_>, GeoScalar<'_>)| {
            let point = latitude.number().zip(longitude.number());
            point.filter(|(latitude, longitude)| latitude.abs() <= 90.0 && longitude.abs() <= 180.0)
        };
        facts.location = facts.location.or_else(|| point(nested)).or_else(|| point(flat));
        let numbers = [self.autonomous_system_number, self.traits.autonomous_system_number, self.asn];
        facts.as_number = facts.as_number.or_else(|| numbers.into_iter().find_map(GeoScalar::system));
        let names = [self.autonomous_system_organization, self.traits.autonomous_system_organization, self.as_name];
        put(&mut facts.as_organization, names.map(GeoScalar::owned));
    }
}

impl<'de: 'd, 'd> Deserialize<'de> for GeoScalar<'d> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(deserializer.deserialize_any(GeoPlaceVisitor)?.flat)
    }
}

impl<'de: 'd, 'd> Deserialize<'de> for GeoPlace<'d> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(GeoPlaceVisitor)
    }
}

impl<'de: 'd, 'd> Deserialize<'de> for GeoDivisions<'d> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // A list of places gives its first.
        deserializer.deserialize_any(GeoPlaceVisitor).map(Self)
    }
}

/// Reads whatever stands where a place or text is expected: databases of vendors who have something else there are read all the same.
struct GeoPlaceVisitor;

impl GeoPlaceVisitor {
    #[expect(clippy::unnecessary_wraps, reason = "visitors return results")]
    fn flat<E>(text: GeoScalar<'_>) -> Result<GeoPlace<'_>, E> {
        Ok(GeoPlace { flat: text, ..GeoPlace::default() })
    }
}

impl<'de> Visitor<'de> for GeoPlaceVisitor {
    type Value = GeoPlace<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Self::flat(GeoScalar::Text(text))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Self::flat(GeoScalar::Number(number))
    }

    fn visit_f32<E>(self, number: f32) -> Result<Self::Value, E> {
        Self::flat(GeoScalar::Number(number.into()))
    }

    #[expect(clippy::cast_precision_loss, reason = "numbers of autonomous systems have 32 bits; larger ones are none")]
    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Self::flat(GeoScalar::Number(number as f64))
    }

    #[expect(clippy::cast_precision_loss, reason = "as above")]
    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Self::flat(GeoScalar::Number(number as f64))
    }

    fn visit_u128<E>(self, _: u128) -> Result<Self::Value, E> {
        Self::flat(GeoScalar::Nothing)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Self::flat(GeoScalar::Nothing)
    }

    fn visit_borrowed_bytes<E>(self, _: &'de [u8]) -> Result<Self::Value, E> {
        Self::flat(GeoScalar::Nothing)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let first = list.next_element::<GeoPlace<'de>>()?.unwrap_or_default();
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(first)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut place = GeoPlace::default();
        while let Some(key) = map.next_key::<&'de str>()? {
            match key {
                "iso_code" => place.iso_code = map.next_value()?,
                "code" => place.code = map.next_value()?,
                "names" => place.english = map.next_value::<GeoNames<'de>>()?.en,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(place)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct GeoNames<'d> {
    #[serde(borrow)]
    en: GeoScalar<'d>,
}
