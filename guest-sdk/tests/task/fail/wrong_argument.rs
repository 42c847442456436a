use dormouse_guest::TaskError;

#[dormouse_guest::task]
async fn run(arguments: Vec<u8>) -> Result<(), TaskError> {
    let _ = arguments;
    Ok(())
}

fn main() {}
