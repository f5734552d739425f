//! The layers for HTTP, over real sockets: what is recorded of a request, by each side, however it ends.

mod client;
mod delivered;
mod reqwest;
mod server;
mod world;
