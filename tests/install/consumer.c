/* A program of a user's: built against the installed tree, as C and as C++. Prints the version and eight values. */
#include <fanin/fanin.h>

#include <stdio.h>

int main(void)
{
    float weights[2][4];
    int64_t shape[2] = {2, 4};
    DLTensor tensor = {weights, {kDLCPU, 0}, 2, {kDLFloat, 32, 1}, shape, NULL, 0};
    fanin_desc desc = FANIN_DESC_INIT;
    desc.name = "fc1_weight";
    fanin_options options = FANIN_OPTIONS_INIT;
    options.seed = 7;

    fanin_initializer *xavier = NULL;
    if (fanin_create("[\"xavier\", {\"magnitude\": 2}]", &xavier) != FANIN_OK ||
        fanin_init(xavier, &desc, &tensor, &options) != FANIN_OK) {
        fprintf(stderr, "%s\n", fanin_last_error());
        return 1;
    }
    fanin_release(xavier);

    printf("%s", fanin_version());
    for (int i = 0; i < 8; i++) {
        printf(" %a", (double)weights[i / 4][i % 4]);
    }
    printf("\n");
    return 0;
}
