//! Where the ends of a connection are and whose, as the databases say that a person has named.

use crate::ecs::{self, FieldId};
use crate::enrichment::{GeoFacts, GeoLookup};
use crate::event::{Document, Value};
use crate::sysmon::raw::EventData;
use crate::sysmon::step_context::StepContext;

/// The fields of one end.
struct EndFields {
    ip: FieldId,
    /// What the names of all others begin with.
    prefixes: [&'static str; 2],
    continent_code: FieldId,
    continent_name: FieldId,
    country_iso_code: FieldId,
    country_name: FieldId,
    region_iso_code: FieldId,
    region_name: FieldId,
    city_name: FieldId,
    latitude: FieldId,
    longitude: FieldId,
    as_number: FieldId,
    as_organization: FieldId,
}

const ENDS: [EndFields; 2] = [
    EndFields {
        ip: ecs::SOURCE_IP,
        prefixes: ["source.geo.", "source.as."],
        continent_code: ecs::SOURCE_GEO_CONTINENT_CODE,
        continent_name: ecs::SOURCE_GEO_CONTINENT_NAME,
        country_iso_code: ecs::SOURCE_GEO_COUNTRY_ISO_CODE,
        country_name: ecs::SOURCE_GEO_COUNTRY_NAME,
        region_iso_code: ecs::SOURCE_GEO_REGION_ISO_CODE,
        region_name: ecs::SOURCE_GEO_REGION_NAME,
        city_name: ecs::SOURCE_GEO_CITY_NAME,
        latitude: ecs::SOURCE_GEO_LOCATION_LAT,
        longitude: ecs::SOURCE_GEO_LOCATION_LON,
        as_number: ecs::SOURCE_AS_NUMBER,
        as_organization: ecs::SOURCE_AS_ORGANIZATION_NAME,
    },
    EndFields {
        ip: ecs::DESTINATION_IP,
        prefixes: ["destination.geo.", "destination.as."],
        continent_code: ecs::DESTINATION_GEO_CONTINENT_CODE,
        continent_name: ecs::DESTINATION_GEO_CONTINENT_NAME,
        country_iso_code: ecs::DESTINATION_GEO_COUNTRY_ISO_CODE,
        country_name: ecs::DESTINATION_GEO_COUNTRY_NAME,
        region_iso_code: ecs::DESTINATION_GEO_REGION_ISO_CODE,
        region_name: ecs::DESTINATION_GEO_REGION_NAME,
        city_name: ecs::DESTINATION_GEO_CITY_NAME,
        latitude: ecs::DESTINATION_GEO_LOCATION_LAT,
        longitude: ecs::DESTINATION_GEO_LOCATION_LON,
        as_number: ecs::DESTINATION_AS_NUMBER,
        as_organization: ecs::DESTINATION_AS_ORGANIZATION_NAME,
    },
];

/// The step of the mapping.
pub fn locate_ends(_: &EventData<'_>, document: &mut Document, context: StepContext) {
    if let Some(databases) = context.geo {
        locate(document, databases);
    }
}

/// Sets what databases say of the ends of a connection. An end of which the document says something itself is left as it is.
pub fn locate(document: &mut Document, databases: GeoLookup) {
    for end in &ENDS {
        let Some(Value::Ip(ip)) = document.first(end.ip) else { continue };
        let facts = databases.0.look_up(ip.address);
        let is_told = |name: &str| end.prefixes.iter().any(|prefix| name.starts_with(prefix));
        if facts != GeoFacts::default() && !document.iter().any(|(field, _)| is_told(field.name())) {
            end.set(document, facts);
        }
    }
}

impl EndFields {
    fn set(&self, document: &mut Document, facts: GeoFacts) {
        for (field, text) in [
            (self.continent_code, facts.continent_code),
            (self.continent_name, facts.continent_name),
            (self.country_iso_code, facts.country_iso_code),
            (self.country_name, facts.country_name),
            (self.region_iso_code, facts.region_iso_code),
            (self.region_name, facts.region_name),
            (self.city_name, facts.city_name),
            (self.as_organization, facts.as_organization),
        ] {
            if let Some(text) = text {
                document.set(field, text);
            }
        }
        if let Some((latitude, longitude)) = facts.location {
            document.set(self.latitude, Value::Double(latitude));
            document.set(self.longitude, Value::Double(longitude));
        }
        if let Some(number) = facts.as_number {
            document.set(self.as_number, number);
        }
    }
}
