//! Waits for a peer that lets it wait, at the address behind the name of the attack in its arguments. It does not
//! listen to its cancellation, and is ended by force.

use std::net::SocketAddr;

use dormouse_guest::{BackgroundTaskInstance, TaskError};
use test_programs::net::{connect, family, wasi};
use test_programs::{attack_and_address, no_such_attack};
use wasip2::sockets::instance_network::instance_network;
use wasip2::sockets::tcp_create_socket::create_tcp_socket;

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), TaskError> {
    let (attack, address) = attack_and_address(&instance)?;
    let there: SocketAddr = address.parse()?;
    match attack.as_str() {
        // Nobody answers: the connection never comes about.
        "connect" => drop(connect(there)?),
        // Somebody accepts, and says nothing.
        "read" => {
            let (_socket, input, _output) = connect(there)?;
            input.blocking_read(1)?;
        }
        // Somebody accepts, and does not read: what is on the way fills up.
        "write" => {
            let (_socket, _input, output) = connect(there)?;
            loop {
                output.blocking_write_and_flush(&[0; 4096])?;
            }
        }
        // Somebody says more and more.
        "flood" => {
            let (_socket, input, _output) = connect(there)?;
            loop {
                input.blocking_read(u64::MAX)?;
            }
        }
        // All of them at once.
        "many" => {
            let network = instance_network();
            let sockets: Vec<_> = (0..200).filter_map(|_| create_tcp_socket(family(there)).ok()).collect();
            for socket in &sockets {
                socket.start_connect(&network, wasi(there))?;
            }
            for socket in &sockets {
                socket.subscribe().block();
            }
        }
        other => return Err(no_such_attack(other)),
    }
    Err(TaskError::failed("the peer answered"))
}

fn main() {}
