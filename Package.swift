// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
//
// The analyzer's targets, in the order in which data flows through them. libsilt.so is not here: a
// dynamic product would need the Swift runtime, so CShim/Makefile builds it with cc.

import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "silt",
    products: [
        .executable(name: "silt", targets: ["silt"]),
        // What Benchmarks/accuracy measures.
        .library(name: "SiltAnalysis", targets: ["SiltFile", "SiltSymbols", "SiltProfile"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
    ],
    targets: [
        .systemLibrary(name: "CSiltFormat", path: "CShim/include"),
        .systemLibrary(name: "CElfutils", pkgConfig: "libdw", providers: [.apt(["libdw-dev"])]),
        .systemLibrary(name: "CUnwind", providers: [.apt(["libunwind-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "SiltFile", dependencies: ["CSiltFormat"], swiftSettings: strict),
        .target(name: "SiltSymbols", dependencies: ["SiltFile", "CElfutils"], swiftSettings: strict),
        .target(name: "SiltStacks", dependencies: ["SiltFile", "CUnwind"], swiftSettings: strict),
        .target(name: "SiltProfile", dependencies: ["SiltFile", "SiltSymbols"], swiftSettings: strict),
        .target(
            name: "SiltReport", dependencies: ["SiltFile", "SiltSymbols", "SiltProfile", "CZlib"], swiftSettings: strict
        ),
        .executableTarget(
            name: "silt",
            dependencies: [
                "SiltFile", "SiltSymbols", "SiltStacks", "SiltProfile", "SiltReport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict
        ),
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: strict),
        .testTarget(
            name: "SiltFileTests", dependencies: ["SiltFile", "CSiltFormat", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "SiltSymbolsTests", dependencies: ["SiltSymbols", "SiltFile", "TestSupport"],
            swiftSettings: strict),
        .testTarget(name: "SiltStacksTests", dependencies: ["SiltStacks", "SiltFile"], swiftSettings: strict),
        .testTarget(
            name: "SiltProfileTests", dependencies: ["SiltProfile", "SiltSymbols", "SiltFile", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "SiltReportTests",
            dependencies: ["SiltReport", "SiltProfile", "SiltSymbols", "SiltFile", "TestSupport"], swiftSettings: strict
        ),
        .testTarget(
            name: "EndToEndTests", dependencies: ["SiltFile", "SiltSymbols", "SiltProfile", "TestSupport"],
            swiftSettings: strict),
    ]
)
