//! The program behind `make cloud-sim`.
#![allow(clippy::unwrap_used, reason = "all of this is test code, where a panic is the way to say no")]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Command, Stdio},
};

#[test]
fn it_says_what_to_set_and_ends_with_its_input() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_cloud-sim"))
        .arg("--attached")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(program.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let variables: serde_json::Value = serde_json::from_str(&line).unwrap();
    for endpoint in ["SPILLWAY_CLOUD_S3_ENDPOINT", "SPILLWAY_CLOUD_MEDIACONVERT_ENDPOINT"] {
        let address = variables[endpoint].as_str().unwrap();
        assert!(address.starts_with("http://127.0.0.1:"), "{address}");
    }
    let host = variables["SPILLWAY_CLOUD_MEDIACONVERT_ENDPOINT"].as_str().unwrap();
    let mut bill = TcpStream::connect(host.strip_prefix("http://").unwrap()).unwrap();
    bill.write_all(b"GET /simulator/bill HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    bill.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("\"lines\":[]"), "{answer}");
    drop(program.stdin.take());
    assert!(program.wait().unwrap().success());
}
