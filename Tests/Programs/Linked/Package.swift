// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
//
// A package as a user's: its program has the shim in it.

import PackageDescription

let package = Package(
    name: "Linked",
    dependencies: [.package(name: "silt", path: "../../..")],
    targets: [.executableTarget(name: "Linked", dependencies: [.product(name: "SiltShim", package: "silt")])]
)
