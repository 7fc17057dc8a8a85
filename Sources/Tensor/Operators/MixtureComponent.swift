import CJEPAKernels

/// The family of a one-dimensional mixture's components: a standard density f, moved and scaled.
public enum MixtureComponent: String, Sendable, Codable, CaseIterable {
  /// f(z) = exp(−z²/2) / √2π.
  case gaussian
  /// f(z) = e⁻ᶻ / (1 + e⁻ᶻ)².
  case logistic
  /// f(z) = exp(−|z|) / 2.
  case laplace

  var kernel: jk_component {
    switch self {
    case .gaussian: JK_GAUSSIAN
    case .logistic: JK_LOGISTIC
    case .laplace: JK_LAPLACE
    }
  }
}
