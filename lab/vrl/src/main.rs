//! vrl-run PROGRAM.vrl…: takes events from standard input, a line of JSON each, runs the programs on each in turn, and prints
//! what they made of it. A program that does not compile ends it, with the place of the mistake.
use std::{env, fs, io, process::ExitCode};
use vrl::compiler::{Context, Program, TargetValue, TimeZone, compile, state::RuntimeState};
use vrl::value::{Secrets, Value};

fn program(path: &str) -> Result<Program, String> {
    let source = fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    let compiled = compile(&source, &vrl::stdlib::all())
        .map_err(|wrong| format!("{path}: {}", vrl::diagnostic::Formatter::new(&source, wrong)))?;
    for warning in compiled.warnings.iter() {
        eprintln!("{path}: {}", warning.message);
    }
    Ok(compiled.program)
}

fn run(programs: &[Program], event: &str) -> Result<Value, String> {
    let event: serde_json::Value = serde_json::from_str(event).map_err(|error| error.to_string())?;
    let mut target = TargetValue { value: event.into(), metadata: Value::Object(Default::default()), secrets: Secrets::default() };
    for program in programs {
        let (mut state, timezone) = (RuntimeState::default(), TimeZone::default());
        program.resolve(&mut Context::new(&mut target, &mut state, &timezone)).map_err(|error| error.to_string())?;
    }
    Ok(target.value)
}

fn main() -> ExitCode {
    let programs: Vec<Program> = match env::args().skip(1).map(|path| program(&path)).collect() {
        Ok(all) => all,
        Err(wrong) => {
            eprintln!("{wrong}");
            return ExitCode::FAILURE;
        }
    };
    for line in io::stdin().lines().map_while(Result::ok) {
        match run(&programs, &line) {
            Ok(event) => println!("{}", serde_json::json!(event)),
            Err(wrong) => println!("{}", serde_json::json!({ "error": wrong })),
        }
    }
    ExitCode::SUCCESS
}
