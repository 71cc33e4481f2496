"""Figures: one function each, which returns a Matplotlib figure.

    confusion_matrix(run)                             # displayed at the end of a notebook cell
    confusion_matrix(net, x, y)                       # of a network, with examples and labels
    confusion_matrix(net, digits.test)                # the same, with a part of a data set
    training_curves(net.fit(x, y))
    save(confusion_matrix(run), "confusion.svg")
    draw_figures(run, "figures")                      # all of them

`first_layer_weights(net)` needs no examples. `activation_histograms`, `gradient_histograms` and
`update_ratios` take a run, or the record of the callback `Statistics`.

Figures need Matplotlib, which is imported when the first one is drawn:
pip install "byhand[figures]".
"""

from byhand.evaluation.subject import Subject as Subject
from byhand.figures.activation_grids import activations_correct as activations_correct
from byhand.figures.activation_grids import activations_of_example as activations_of_example
from byhand.figures.activation_grids import activations_of_set as activations_of_set
from byhand.figures.activation_grids import activations_wrong as activations_wrong
from byhand.figures.all_figures import FIGURES as FIGURES
from byhand.figures.all_figures import Drawn as Drawn
from byhand.figures.all_figures import draw_figures as draw_figures
from byhand.figures.canvas import FORMATS as FORMATS
from byhand.figures.canvas import FigureError as FigureError
from byhand.figures.canvas import save as save
from byhand.figures.confusion import class_scores as class_scores
from byhand.figures.confusion import confusion_matrix as confusion_matrix
from byhand.figures.curves import training_curves as training_curves
from byhand.figures.galleries import random_predictions as random_predictions
from byhand.figures.galleries import worst_mistakes as worst_mistakes
from byhand.figures.histograms import activation_histograms as activation_histograms
from byhand.figures.histograms import gradient_histograms as gradient_histograms
from byhand.figures.histograms import update_ratios as update_ratios
from byhand.figures.pixel_maps import occlusion_maps as occlusion_maps
from byhand.figures.pixel_maps import saliency_maps as saliency_maps
from byhand.figures.projections import layer_map_pca as layer_map_pca
from byhand.figures.projections import layer_map_tsne as layer_map_tsne
from byhand.figures.reliability import calibration as calibration
from byhand.figures.unlabelled import unlabelled_predictions as unlabelled_predictions
from byhand.figures.weights import class_averages as class_averages
from byhand.figures.weights import first_layer_weights as first_layer_weights
from byhand.figures.weights import unit_images as unit_images
