import JEPAHeads

/// For a reader who has never seen the project.
enum ReadingSection {
  static let introduction = HTML.prose(
    """
    I-JEPA learns features of images without labels: part of an image is hidden, and from the rest a \
    predictor has to tell the embeddings (feature vectors) of what is hidden. Here its last layer, the \
    head, answers with a probability distribution, so that it can say “either this or that”. This page \
    shows what was learnt, how good the distributions are, and which differences can be trusted.
    """, style: "lead")

  static func words(_ heads: HeadList) -> HTML {
    HTML.element("dl", ["class": "words"], heads.types.map { term($0.name, $0.summary) } + words)
  }

  private static let words = [
    term(
      "target",
      "The embedding of one hidden patch, with a little noise added so that likelihoods stay finite."
    ),
    term("draw, sample", "An embedding drawn at random from the predicted distribution."),
    term("nat", "The unit of likelihood: 1 nat is a factor of e = 2.72 in probability density."),
    term(
      "95 % interval",
      "By bootstrap over images, each with all of its patches; of accuracies, Wilson's."),
    term(
      "the Gaussian",
      "One full-covariance Gaussian fitted to targets without any context: a floor."),
  ]

  private static func term(_ name: String, _ meaning: String) -> HTML {
    .element(
      "div", [:], [.element("dt", [:], [HTML(name)]), .element("dd", [:], [HTML(meaning)])])
  }
}
