//! Which addresses of the network a link may lead to: those of the open internet, unless the configuration says otherwise.
//!
//! What an author writes must not make this server ask its own neighbours. Each connection is judged by the address that it
//! is made to, so that a name that answers differently the second time gains nothing.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

use reqwest::{
    Url,
    dns::{Addrs, Name, Resolve, Resolving},
};
use tokio::net::lookup_host;

/// The name is known, and all that it leads to is forbidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it leads into a private network")]
pub(super) struct Forbidden;

/// Who judges.
#[derive(Debug, Clone)]
pub(super) struct Guard {
    /// Addresses and networks that may be asked all the same: an address with the length of its prefix.
    pub(super) allowed: Arc<Vec<(IpAddr, u8)>>,
}

impl Guard {
    /// Whether this address may be asked.
    pub(super) fn allows(&self, address: IpAddr) -> bool {
        is_public(address) || self.allowed.iter().any(|network| is_within(address, *network))
    }

    /// Whether an address in a URL, where it is no name, may be asked. A name is judged when it is looked up.
    pub(super) fn allows_host(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default();
        let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        literal.map_or(true, |address| self.allows(address))
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let found = lookup_host((name.as_str(), 0)).await?;
            let (allowed, forbidden): (Vec<SocketAddr>, Vec<SocketAddr>) =
                found.partition(|address| guard.allows(address.ip()));
            if allowed.is_empty() && !forbidden.is_empty() {
                return Err(Forbidden.into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is one of the open internet, by the registries of special purposes (RFC 6890 and its updates).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = a == 0
        || a == 10
        || a == 127
        || (a == 100 && (b & 0xc0) == 64)
        || (a == 169 && b == 254)
        || (a == 172 && (b & 0xf0) == 16)
        || (a == 192 && b == 168)
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 0 && c == 2)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b & 0xfe) == 18)
        || (a == 198 && b == 51 && c == 100)
        || (a == 203 && b == 0 && c == 113)
        // Of groups, and reserved.
        || a >= 224;
    !is_special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    let [first, second, third, .., high, low] = segments;
    let embedded = |high: u16, low: u16| {
        let [[one, two], [three, four]] = [high.to_be_bytes(), low.to_be_bytes()];
        is_public_v4(Ipv4Addr::new(one, two, three, four))
    };
    match segments {
        // IPv4 in IPv6 is judged by what it leads to: mapped, and translated (NAT64).
        [0, 0, 0, 0, 0, 0xffff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => embedded(high, low),
        // 6to4.
        [0x2002, ..] => embedded(second, third),
        // Teredo and other protocols' own, benchmarks, documentation.
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => false,
        // Beyond what is given out as global there are loopback, local and reserved ones, and groups.
        _ => (first & 0xe000) == 0x2000,
    }
}

/// Whether an address lies within a network.
fn is_within(address: IpAddr, (network, length): (IpAddr, u8)) -> bool {
    let bits = |address: IpAddr| match address {
        IpAddr::V4(address) => (u128::from(u32::from(address)), 32_u8),
        IpAddr::V6(address) => (u128::from(address), 128),
    };
    let ((one, width), (other, other_width)) = (bits(address), bits(network));
    let shift = u32::from(width.saturating_sub(length));
    width == other_width && one.checked_shr(shift) == other.checked_shr(shift)
}

/// Reads an address or a network, such as `10.1.0.0/16`.
pub(crate) fn network(text: &str) -> Option<(IpAddr, u8)> {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length.parse::<u8>().ok()?)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let width = if address.is_ipv4() { 32 } else { 128 };
    let length = length.unwrap_or(width);
    (length <= width).then_some((address, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Addresses of which none is one of the open internet.
    const SPECIAL: &str = "0.0.0.0 10.0.0.1 100.64.0.1 100.127.255.255 127.0.0.1 127.255.0.1 169.254.169.254 \
         172.16.0.1 172.31.255.255 192.0.0.1 192.0.2.1 192.168.1.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 \
         224.0.0.1 240.0.0.1 255.255.255.255 192.88.99.1 :: ::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::127.0.0.1 fe80::1 \
         fec0::1 fc00::1 fd00:ec2::254 ff02::1 64:ff9b::7f00:1 64:ff9b:1::1 2002:7f00:1:: 2002:c0a8:101::1 2001::1 \
         2001:db8::1 2001:20::1 100::1 3fff::1 5f00::1";
    /// Addresses of which each is one.
    const PUBLIC: &str = "1.1.1.1 9.9.9.9 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 192.167.1.1 198.17.0.1 \
         198.20.0.1 223.255.255.255 2606:4700::1111 2a00:1450::1 ::ffff:1.1.1.1 64:ff9b::101:101 2002:101:101::1 \
         2001:200::1";

    #[test]
    fn only_the_open_internet_is_public() {
        for (all, expected) in [(SPECIAL, false), (PUBLIC, true)] {
            for text in all.split_whitespace() {
                assert_eq!(is_public(text.parse().unwrap()), expected, "{text}");
            }
        }
    }

    #[test]
    fn what_the_configuration_allows_is_allowed_and_nothing_beside() {
        let networks = ["127.0.0.1", "10.1.0.0/16", "fd00::/8"].map(|text| network(text).unwrap());
        let guard = Guard { allowed: Arc::new(networks.to_vec()) };
        for (text, expected) in [
            ("127.0.0.1", true),
            ("127.0.0.2", false),
            ("10.1.255.1", true),
            ("10.2.0.1", false),
            ("fd12::1", true),
            ("fc00::1", false),
            ("::ffff:127.0.0.1", false),
            ("1.1.1.1", true),
        ] {
            assert_eq!(guard.allows(text.parse().unwrap()), expected, "{text}");
            let host = if text.contains(':') { format!("[{text}]") } else { text.to_owned() };
            let url = Url::parse(&format!("http://{host}/")).unwrap();
            assert_eq!(guard.allows_host(&url), expected, "{text}");
        }
        // However it is written, it is the same address.
        for url in ["http://2130706434/", "http://0x7f.2/", "http://0177.0.0.2/", "http://127.2/"] {
            assert!(!guard.allows_host(&Url::parse(url).unwrap()), "{url}");
        }
        assert!(is_within("1.2.3.4".parse().unwrap(), network("0.0.0.0/0").unwrap()));
        assert!(is_within("::1".parse().unwrap(), network("::/0").unwrap()));
        for bad in ["", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0/8", "::/129", "localhost"] {
            assert_eq!(network(bad), None, "{bad}");
        }
    }
}
