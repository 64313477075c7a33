// SPDX-License-Identifier: Apache-2.0
//
// `accuracy [runs]`: prints the tables that Benchmarks/accuracy/README.md keeps.

@main
struct Accuracy {
    static func main() {
        let runs = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 1000
        measureCoverage(runs: runs)
    }
}
