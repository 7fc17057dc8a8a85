/// For a reader who has never seen the project.
enum ReadingSection {
  static let introduction = HTML.prose(
    """
    An I-JEPA encoder learns from images without labels: part of an image is hidden, and a predictor \
    has to tell, from the visible rest, the embeddings (vectors of features) that a slowly moving copy \
    of the encoder gives to the hidden patches. Here the predictor's last layer, its head, answers \
    with a probability distribution over each hidden patch's embedding, so that it can say “either \
    this or that”. This page shows what was learnt, how good the distributions are, and how far \
    differences can be trusted.
    """)

  static let heads = HTML.element(
    "dl", ["class": "words"],
    [
      term(
        "point", "I-JEPA's own head: one best guess. As a distribution it is one round Gaussian."),
      term("mixture", "Several Gaussians at once."),
      term(
        "autoregressive",
        "One coordinate after another, each a small mixture given those before it."),
      term("flow", "An invertible map that bends a Gaussian into shape."),
      term(
        "diffusion", "Noise that is turned into a draw step by step; its density is an estimate."),
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
    ])

  private static func term(_ name: String, _ meaning: String) -> HTML {
    .group([.element("dt", [:], [HTML(name)]), .element("dd", [:], [HTML(meaning)])])
  }
}
