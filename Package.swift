// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
//
// The analyzer's targets, in the order in which data flows through them. libsilt.so is not here: a
// dynamic product would need the Swift runtime, so CShim/Makefile builds it with cc. Here the shim is
// a product that becomes a part of the program that depends on it.

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
        .library(name: "SiltShim", targets: ["SiltShim"]),
        .plugin(name: "SiltCommand", targets: ["SiltCommand"]),
    ],
    traits: [.trait(name: "Serve", description: "silt serve: profiles, metrics and delivery over HTTP")],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        // Fetched and built with the trait Serve only.
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.12.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    ],
    targets: [
        .target(
            name: "SiltShim", path: "CShim",
            exclude: ["Makefile", "README.md", "flags.mk", "libc.S", "static.in", "static.ld"],
            sources: ["base", "session", "tables", "cfi", "dump", "sample", "entry"],
            cSettings: [.headerSearchPath("."), .define("SILT_LINKED")]),
        .systemLibrary(name: "CSiltFormat", path: "CShim/include"),
        .systemLibrary(name: "CElfutils", pkgConfig: "libdw", providers: [.apt(["libdw-dev"])]),
        .systemLibrary(name: "CTrace", providers: [.apt(["libunwind-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CHost"),
        .target(name: "SiltHost", dependencies: ["CHost"], swiftSettings: strict),
        .target(name: "SiltFile", dependencies: ["SiltHost", "CSiltFormat"], swiftSettings: strict),
        .target(
            name: "SiltSymbols", dependencies: ["SiltHost", "SiltFile", "CElfutils", "CZlib"], swiftSettings: strict),
        .target(name: "SiltTrace", dependencies: ["SiltHost", "SiltFile", "CTrace"], swiftSettings: strict),
        .target(name: "SiltAllocator", dependencies: ["SiltHost", "SiltSymbols"], swiftSettings: strict),
        .target(
            name: "SiltProfile", dependencies: ["SiltHost", "SiltFile", "SiltSymbols", "SiltAllocator"],
            swiftSettings: strict),
        .target(
            name: "SiltReport", dependencies: ["SiltHost", "SiltFile", "SiltSymbols", "SiltAllocator", "SiltProfile"],
            // For Node, which runs the page's scripts in Tests/PageTests.
            exclude: ["Flame/package.json", "Flame/page/README.md"],
            resources: [.embedInCode("Flame/page"), .embedInCode("Heap/page")],
            swiftSettings: strict),
        .target(
            name: "SiltDriver",
            dependencies: [
                "SiltHost", "SiltFile", "SiltSymbols", "SiltTrace", "SiltAllocator", "SiltProfile", "SiltPprof",
                "SiltReport",
            ],
            swiftSettings: strict),
        .target(
            name: "SiltPprof", dependencies: ["SiltHost", "SiltReport", "SiltProfile", "SiltSymbols", "CZlib"],
            swiftSettings: strict),
        // Without the trait Serve it only says how to get it.
        .target(
            name: "SiltServer",
            dependencies: [
                "SiltDriver", "SiltHost", "SiltFile", "SiltSymbols", "SiltProfile", "SiltPprof", "SiltReport",
                .product(name: "Hummingbird", package: "hummingbird", condition: .when(traits: ["Serve"])),
                .product(
                    name: "ServiceLifecycle", package: "swift-service-lifecycle", condition: .when(traits: ["Serve"])),
                .product(name: "UnixSignals", package: "swift-service-lifecycle", condition: .when(traits: ["Serve"])),
                .product(name: "Logging", package: "swift-log", condition: .when(traits: ["Serve"])),
                .product(name: "HummingbirdCore", package: "hummingbird", condition: .when(traits: ["Serve"])),
                .product(name: "NIOCore", package: "swift-nio", condition: .when(traits: ["Serve"])),
                .product(name: "NIOPosix", package: "swift-nio", condition: .when(traits: ["Serve"])),
                .product(name: "NIOHTTP1", package: "swift-nio", condition: .when(traits: ["Serve"])),
                .product(name: "NIOSSL", package: "swift-nio-ssl", condition: .when(traits: ["Serve"])),
                .product(name: "HTTPTypes", package: "swift-http-types", condition: .when(traits: ["Serve"])),
            ],
            exclude: ["deploy"],
            resources: [
                .embedInCode("Pages/page.css"), .embedInCode("Pages/overview.css"), .embedInCode("Pages/overview.html"),
                .embedInCode("Pages/pprof.html"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "silt",
            dependencies: [
                "SiltServer", "SiltDriver", "SiltHost", "SiltFile", "SiltSymbols", "SiltProfile", "SiltReport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict
        ),
        .plugin(
            name: "SiltCommand",
            capability: .command(
                intent: .custom(verb: "silt", description: "Run a product under the heap profiler, or gate its memory")),
            dependencies: ["silt"], path: "Sources/SiltCommand"),
        // Benchmarks/accuracy: measures the estimates by simulation, through the code that makes them.
        .executableTarget(
            name: "accuracy", dependencies: ["SiltFile", "SiltSymbols", "SiltProfile"],
            path: "Benchmarks/accuracy", exclude: ["README.md"], swiftSettings: strict),
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: strict),
        // Hosts and profiles made by hand, for the tests of several modules.
        .target(
            name: "TestFixtures",
            dependencies: ["SiltHost", "SiltFile", "SiltProfile", "SiltSymbols", "CSiltFormat", "TestSupport"],
            path: "Tests/TestFixtures", swiftSettings: strict),
        // What `make fuzz` drives, and the inputs that it has found.
        .target(
            name: "FuzzTargets",
            dependencies: [
                "SiltServer", "SiltDriver", "SiltReport", "SiltPprof", "SiltProfile", "SiltAllocator", "SiltSymbols",
                "SiltFile", "SiltHost", "CSiltFormat", "TestSupport",
            ],
            path: "Tests/Fuzz/Targets", swiftSettings: strict),
        .testTarget(
            name: "FuzzTests",
            dependencies: ["FuzzTargets", "SiltFile", "SiltHost", "CSiltFormat", "TestFixtures"],
            path: "Tests/Fuzz/Regressions", swiftSettings: strict),
        // Folders, imports and the pages that describe them.
        .testTarget(name: "HouseTests", dependencies: ["SiltHost", "TestFixtures"], swiftSettings: strict),
        .testTarget(
            name: "SiltHostTests", dependencies: ["SiltHost", "TestFixtures", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "SiltFileTests",
            dependencies: ["SiltFile", "SiltHost", "CSiltFormat", "TestFixtures", "TestSupport"],
            exclude: ["Fixtures"], swiftSettings: strict),
        .testTarget(
            name: "SiltSymbolsTests", dependencies: ["SiltSymbols", "SiltFile", "SiltHost", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "SiltTraceTests", dependencies: ["SiltTrace", "SiltFile", "SiltHost"], swiftSettings: strict),
        .testTarget(
            name: "SiltAllocatorTests", dependencies: ["SiltAllocator", "SiltHost"], swiftSettings: strict),
        .testTarget(
            name: "SiltProfileTests",
            dependencies: ["SiltProfile", "SiltSymbols", "SiltFile", "SiltHost", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "SiltPprofTests",
            dependencies: [
                "SiltPprof", "SiltProfile", "SiltSymbols", "SiltFile", "SiltHost", "TestFixtures", "TestSupport",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "SiltReportTests",
            dependencies: [
                "SiltReport", "SiltPprof", "SiltProfile", "SiltSymbols", "SiltFile", "SiltHost", "TestFixtures",
                "TestSupport",
            ],
            exclude: ["RealPrograms"], swiftSettings: strict),
        .testTarget(
            name: "SiltDriverTests",
            dependencies: [
                "SiltDriver", "SiltReport", "SiltPprof", "SiltProfile", "SiltSymbols", "SiltFile", "SiltHost",
                "TestFixtures", "TestSupport",
            ],
            swiftSettings: strict),
        // Empty without the trait Serve.
        .testTarget(
            name: "SiltServerTests",
            dependencies: [
                "SiltServer", "SiltDriver", "SiltPprof", "SiltProfile", "SiltReport", "SiltSymbols", "SiltFile",
                "SiltHost",
                "TestFixtures", "TestSupport",
                .product(name: "Hummingbird", package: "hummingbird", condition: .when(traits: ["Serve"])),
                .product(name: "HummingbirdCore", package: "hummingbird", condition: .when(traits: ["Serve"])),
                .product(name: "HummingbirdTLS", package: "hummingbird", condition: .when(traits: ["Serve"])),
                .product(
                    name: "ServiceLifecycle", package: "swift-service-lifecycle", condition: .when(traits: ["Serve"])),
                .product(name: "NIOSSL", package: "swift-nio-ssl", condition: .when(traits: ["Serve"])),
                .product(name: "Logging", package: "swift-log", condition: .when(traits: ["Serve"])),
                .product(name: "NIOCore", package: "swift-nio", condition: .when(traits: ["Serve"])),
                .product(name: "HTTPTypes", package: "swift-http-types", condition: .when(traits: ["Serve"])),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "EndToEndTests",
            dependencies: ["SiltHost", "SiltFile", "SiltSymbols", "SiltProfile", "SiltPprof", "TestSupport"],
            exclude: ["Golden"], swiftSettings: strict),
    ],
    cLanguageStandard: .c11
)

// It links only where libFuzzer is, see the target `fuzz` of the Makefile.
if Context.environment["SILT_FUZZ"] != nil {
    package.targets += [
        .systemLibrary(name: "CFuzzer", path: "Tests/Fuzz/CFuzzer"),
        .executableTarget(
            name: "fuzz", dependencies: ["FuzzTargets", "SiltHost", "CFuzzer"], path: "Tests/Fuzz/Engine",
            swiftSettings: strict),
    ]
}
