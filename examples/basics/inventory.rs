//! What a program records, written from its code: `cargo run -p basics --example inventory` prints it as a table in Markdown,
//! `cargo run -p basics --example inventory -- FOLDER` writes a registry into a folder, for `weaver registry check -r FOLDER`.

#![allow(clippy::print_stdout, reason = "an example may print")]

use std::env;
use std::error::Error;
use std::path::Path;

use otel_runtime::{MetricValue, counted, inventory, sites, timed, traced};

otel_runtime::span_names! {
    #![deny(literals)]
    /// What the shop does.
    pub mod names {
        PLACE_ORDER = "shop.place_order";
        CHARGE = "shop.charge";
    }
}

otel_runtime::attribute_keys! {
    pub mod keys {
        ORDER_ID = "shop.order.id";
    }
}

#[derive(Clone, Copy, MetricValue)]
enum Payment {
    Card,
    Cash,
}

#[traced(name = names::PLACE_ORDER, fields(keys::ORDER_ID = %id, user.id = %user))]
#[counted("shop.orders", unit = "{order}", description = "Orders that customers have placed.", fields(shop.payment = payment))]
fn place_order(id: u64, user: u64, payment: Payment) {
    if let Payment::Card = payment {
        charge("visa");
    }
}

#[traced(name = names::CHARGE, kind = client, fields(server.address = "bank.example", server.port = 443, shop.card = card))]
#[timed("shop.charge.duration")]
fn charge(card: &str) {}

fn main() -> Result<(), Box<dyn Error>> {
    place_order(1, 7, Payment::Card);
    place_order(2, 7, Payment::Cash);
    match env::args_os().nth(1) {
        Some(folder) => inventory::weaver(&sites(), "shop", "https://shop.example/schemas/0.1.0").write_to(Path::new(&folder))?,
        None => print!("{}", inventory::markdown(&sites())),
    }
    Ok(())
}
