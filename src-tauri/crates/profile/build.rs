//! The shipped profiles are embedded: a new or removed file must rebuild the crate.

fn main() {
    println!("cargo:rerun-if-changed=../../../profiles");
}
