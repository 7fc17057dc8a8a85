// swift-tools-version: 6.2
import PackageDescription

// What a research project that imports this package looks like. It may not use anything that is not
// public, and may not rely on the folder's name.
let package = Package(
  name: "downstream",
  dependencies: [.package(name: "probabilistic-jepa", path: "../..")],
  targets: [
    .executableTarget(
      name: "TwoSteps",
      dependencies: [
        .product(name: "JEPA", package: "probabilistic-jepa"),
        .product(name: "JEPAData", package: "probabilistic-jepa"),
        .product(name: "JEPAPoint", package: "probabilistic-jepa"),
      ],
      swiftSettings: [.treatAllWarnings(as: .error)])
  ],
  swiftLanguageModes: [.v6]
)
