// `import JEPAHeads` brings all heads of the package.
@_exported import JEPAAutoregressive
@_exported import JEPADensity
@_exported import JEPADiffusion
@_exported import JEPAFlow
@_exported import JEPAMixture
@_exported import JEPAPoint

extension HeadList {
  /// The package's heads.
  public static let standard = HeadList([
    PointHead.self, MixtureHead.self, AutoregressiveHead.self, FlowHead.self, DiffusionHead.self,
  ])
}
