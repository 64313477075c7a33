// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
//
// Measures how far the estimates can be trusted, by simulation through the code that makes them.

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
    name: "accuracy",
    dependencies: [.package(name: "silt", path: "../..")],
    targets: [
        .executableTarget(
            name: "accuracy", dependencies: [.product(name: "SiltAnalysis", package: "silt")], swiftSettings: strict)
    ]
)
