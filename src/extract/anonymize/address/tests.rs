use super::*;
use hashbrown::HashSet;
use proptest::prelude::*;

fn addresses(text: &str) -> Vec<String> {
    addresses_in(text).iter().map(|found| text[found.span.clone()].to_owned()).collect()
}

#[test]
fn addresses_are_found_where_nothing_touches_them() {
    assert_eq!(addresses("type: 5 x;::ffff:1.2.3.4;2001:db8::1;"), ["::ffff:1.2.3.4", "2001:db8::1"]);
    assert_eq!(addresses("http://10.0.0.5:8080/ [fe80::1]:445"), ["10.0.0.5", "fe80::1"]);
    assert_eq!(addresses("18:35:05.140 std::foo 1.2.3.4.5 v10.0.0.1 300.1.1.1"), [""; 0]);
}

#[test]
fn an_address_is_written_in_the_form_of_the_old_one() {
    let written = |old, new: &str| written_as(old, new.parse().unwrap());
    assert_eq!(written("FE80::1C2D:9F3", "fe80::7dae:4d6"), "FE80::7DAE:4D6");
    assert_eq!(written("2001:db8:0:0:0:0:0:1", "2001:db8::7"), "2001:db8:0:0:0:0:0:7");
    assert_eq!(written("fe80:0000::0001", "fe80::9"), "fe80:0000::0009");
    assert_eq!(written("::ffff:1.2.3.4", "9.8.7.6"), "::ffff:9.8.7.6");
    assert_eq!(written("1.2.3.4", "9.8.7.6"), "9.8.7.6");
}

#[test]
fn what_is_the_same_everywhere_stays_and_so_does_what_rules_name() {
    let mut hints = RuleHints::default();
    hints.addresses.insert("169.254.169.254".parse().unwrap());
    let chooser = AddressChooser::new(&hints);
    for address in
        ["127.0.0.1", "::1", "0.0.0.0", "::", "255.255.255.255", "224.0.0.252", "ff02::1:3", "169.254.169.254"]
    {
        assert!(chooser.stays(address.parse().unwrap()), "{address}");
    }
    assert!(!chooser.stays("10.0.0.1".parse().unwrap()));
}

#[test]
fn a_range_that_is_full_is_an_error_and_no_loop() {
    let chooser = AddressChooser::new(&RuleHints::default());
    assert_eq!(chooser.choose("10.0.0.1".parse().unwrap(), &mut PseudonymStream::new(1), &|_| true), None);
}

proptest! {
    #[test]
    fn an_address_stays_in_its_ranges(bits in any::<u32>(), six in any::<u128>(), seed in any::<u64>(), is_four in any::<bool>()) {
        let old = if is_four { IpAddr::V4(Ipv4Addr::from_bits(bits)) } else { IpAddr::V6(Ipv6Addr::from_bits(six)).to_canonical() };
        let chooser = AddressChooser::new(&RuleHints::default());
        prop_assume!(!chooser.stays(old));
        if let Some(new) = chooser.choose(old, &mut PseudonymStream::new(seed), &|_| false) {
            prop_assert_ne!(new, old);
            for range in &chooser.ranges {
                prop_assert_eq!(range.contains(&new), range.contains(&old));
            }
            let text = old.to_string();
            prop_assert_eq!(written_as(&text, new).parse::<IpAddr>().unwrap().to_canonical(), new);
        }
    }

    #[test]
    fn addresses_that_are_chosen_one_after_the_other_differ(seed in any::<u64>()) {
        let chooser = AddressChooser::new(&RuleHints::default());
        let mut taken = HashSet::new();
        let mut random = PseudonymStream::new(seed);
        for host in 1..100_u8 {
            let old = IpAddr::V4(Ipv4Addr::new(192, 168, 0, host));
            let new = chooser.choose(old, &mut random, &|new| taken.contains(&new)).unwrap();
            prop_assert!(taken.insert(new));
        }
    }
}
