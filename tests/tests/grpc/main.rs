//! gRPC, over sockets.

mod calls;
mod cancelled;
mod delivered;
mod methods;
mod orders;
mod responses;
mod storm;
mod world;
