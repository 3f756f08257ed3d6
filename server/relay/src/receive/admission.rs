//! How many connections there may be: in all, per address, per certificate name.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use super::settings::Settings;
use crate::trust::Name;

/// What is counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    All,
    Address(IpAddr),
    Peer(Name),
}

/// The counters.
#[derive(Debug, Default)]
pub(super) struct Admission {
    counts: Mutex<HashMap<Key, usize>>,
}

/// Places taken by one connection, given back when dropped.
#[derive(Debug)]
pub(super) struct Place {
    admission: Arc<Admission>,
    keys: Vec<Key>,
}

impl Admission {
    /// A place for a connection from `address`, if there is one.
    pub fn enter(self: &Arc<Admission>, address: IpAddr, settings: &Settings) -> Option<Place> {
        let mut place = Place { admission: self.clone(), keys: Vec::new() };
        let taken = place.take(Key::All, settings.max_connections)
            && place.take(Key::Address(block(address)), settings.max_per_address);
        taken.then_some(place)
    }
}

impl Place {
    /// Counts the connection under its certificate name too; false when there are too many.
    pub fn of_peer(&mut self, name: Name, settings: &Settings) -> bool {
        self.take(Key::Peer(name), settings.max_per_peer)
    }

    fn take(&mut self, key: Key, most: usize) -> bool {
        let mut counts = self.admission.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(key.clone()).or_default();
        if *count >= most {
            return false;
        }
        *count += 1;
        self.keys.push(key);
        true
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.admission.counts.lock().unwrap_or_else(PoisonError::into_inner);
        for key in &self.keys {
            if let Some(count) = counts.get_mut(key) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    counts.remove(key);
                }
            }
        }
    }
}

/// One IPv4 address, or the /64 of an IPv6 address.
fn block(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => IpAddr::V4(v4),
            None => IpAddr::V6((v6.to_bits() & !(u128::MAX >> 64)).into()),
        },
        v4 => v4,
    }
}
